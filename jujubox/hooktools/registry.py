"""All hook tools by name.

Knows: which modules hold a tool, and which tools only Juju 3.6 has.
"""

from __future__ import annotations

from jujubox.hooktools import (
    action_fail,
    action_get,
    action_log,
    action_set,
    application_version_set,
    close_port,
    config_get,
    credential_get,
    goal_state,
    is_leader,
    juju_log,
    juju_reboot,
    k8s_spec,
    leader_get,
    leader_set,
    network_get,
    open_port,
    opened_ports,
    payload,
    relation_get,
    relation_ids,
    relation_list,
    relation_model_get,
    relation_set,
    resource_get,
    secret_add,
    secret_get,
    secret_grant,
    secret_ids,
    secret_info_get,
    secret_remove,
    secret_revoke,
    secret_set,
    state_delete,
    state_get,
    state_set,
    status_get,
    status_set,
    storage_add,
    storage_get,
    storage_list,
    unit_get,
)
from jujubox.hooktools.tool import Tool

_MODULES = (
    action_fail, action_get, action_log, action_set, application_version_set, close_port, config_get, credential_get,
    goal_state, is_leader, juju_log, juju_reboot, leader_get, leader_set, network_get, open_port, opened_ports,
    relation_get, relation_ids, relation_list, relation_model_get, relation_set, resource_get, secret_add, secret_get,
    secret_grant, secret_ids, secret_info_get, secret_remove, secret_revoke, secret_set, state_delete, state_get,
    state_set, status_get, status_set, storage_add, storage_get, storage_list, unit_get,
)  # fmt: skip
_ALL = (*(module.TOOL for module in _MODULES), *payload.TOOLS, *k8s_spec.TOOLS)
_TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}


def tools_of(personality: str) -> dict[str, Tool]:
    """The tools that a personality (`4.0` or `3.6`) has."""
    return {name: tool for name, tool in _TOOLS.items() if tool.personality in ("", personality)}
