"""Every `client.*` method: what the `juju` command may ask, with parameters and results.

Knows: names, parameters and results of the methods; which function of `client/` answers each.
Must not know: SQL, flags, how anything is printed.

Conventions
-----------
* `model` is a model's name or uuid, and the first parameter of every method but those marked (controller).
  No such model: `model "x" not found`, code `not found`. Parameters in brackets may be left out.
* A time is UTC text, `2026-08-21T10:11:12.123456Z`; the command turns it into what Juju prints.
* Keys of results are those of Juju's JSON; a key marked `?` in the reference is left out when it is empty.
* An error of a whole call has a code where Juju has one (`not found`, `already exists`, `bad request`, ...); errors of
  single entities come in the result, as `"error": text`.
* Waiting is a long poll: the call answers at the latest after `timeout` seconds (at most 60); ask again.
* Files are given as absolute paths: the controller runs on the same machine, as root, and copies what it needs.

Models
------
add_model(name, [config {key: value}], [base]) -> {"name","uuid"}                    (controller); `already exists`
destroy_model(name, [destroy_storage], [force]) -> None                              (controller) begins; poll
    models() until gone
models() -> [{name "admin/m", short-name, model-uuid, model-type, controller-uuid, controller-name, is-controller,
    cloud,
             region, type, life, status{current,since}, access, last-connection, agent-version, machine-count,
             unit-count, personality}]                                               (controller)
show_model(model) -> {name, short-name, ..., users{}, machines{}}                    the value below the model's
    short name
controller() -> {"name","uuid","cloud","region","api-endpoints","agent-version","ca-cert","models": n, "machines": n,
                 "personality"}                                                      (controller)
model_config(model) -> {key: {"Value","Source"}}
set_model_config(model, set {key: value}, [reset [key]])                             unknown keys are kept as given
model_constraints(model) -> {}   set_model_constraints(model, constraints {})
agent_version(model) -> "4.0.15"

Applications
------------
deploy(model, charm path, [application], [num_units 1], [config {option: text or value}], [trust], [base "debian@12"],
       [storage {name: "pool,size,count"}], [resources {name: path}], [to [placement]], [constraints {}], [bind {}],
       [force]) -> {"application","charm" (name),"revision","url" ("local:c-0"),"base" ("debian@12"),"units":[..]}
add_charm(model, path, [force]) -> {"name","revision","url","base"}                  what "Located local charm" tells
A bundle is expanded by the command: deploy for each application, then integrate; paths relative to the bundle.
add_unit(model, application, [num_units 1], [to []], [attach_storage []]) -> [unit]
remove_unit(model, units, [force], [destroy_storage], [dry_run])
    -> [{"unit", "error"?, "destroyed-storage": [id], "detached-storage": [id], "destroyed-units": [subordinate]}]
remove_application(model, applications, [force], [destroy_storage], [dry_run])
    -> [{"application", "error"?, "destroyed-units": [unit], "destroyed-storage": [..], "detached-storage": [..]}]
refresh(model, application, [path], [force_units], [force_base], [resources {}], [storage {}], [config {}], [trust])
    -> {"charm","revision","url","changed": bool}    changed false: "charm ... already up-to-date"
expose(model, application, [endpoints []], [to_cidrs []], [to_spaces []])   unexpose(model, application, [endpoints])
trust(model, application, [remove])
constraints(model, application) -> {}          set_constraints(model, application, constraints {})
config(model, application) -> {"application","application-config":{"trust":{..}},"charm","settings":{..}}
config_value(model, application, key) -> value or None
set_config(model, application, set {key: text or value}, [reset [key]])
resolved(model, units, [all], [no_retry]) -> [{"unit","error"?}]
show_application(model, applications) -> {application: {...}}       `application "x" not found`
show_unit(model, units, [endpoint], [related_unit], [app]) -> {unit: {...}}          `unit "x/9" not found`
resources(model, application) ->
    [{"name","type","description","path","revision","origin","size","fingerprint","uploaded"}]
attach_resource(model, application, name, path)

Relations
---------
integrate(model, endpoints [a, b], [via [CIDR]]) -> {"id", "endpoints": {application: endpoint}}
    one of the two may be a consumed application
remove_relation(model, endpoints [a, b], [force])   or remove_relation(model, id=N, [force])
suspend and resume are not there.

Offers
------
offer(model, application, endpoints, [name]) -> {"url"}                              url reads `admin/model.offer`
remove_offers(urls, [force]) -> [{"offer","error"?}]                                 (controller)
offers(model) -> {name: {application, store, charm, offer-url, endpoints{}, connections[]?, users{}}}
find_offers() -> {url: {access, endpoints{}, users{}}}   show_offer(url) -> {url: {...}}    (controller)
consume(model, url, [name]) -> {"name","url"}     again is no error
remove_saas(model, names, [force]) -> [{"saas","error"?}]

Status
------
status(model, [selectors []]) -> the JSON of `juju status` (§3) with two more keys that the command takes out before it
    prints JSON or YAML: "relations": [{"id","provider" "a:ep","requirer" "b:ep","interface","type","status","message"}]
    sorted as Juju lists them, and "matched": bool (false: nothing matched the selectors). "storage", "filesystems" and
    "volumes" are at the top of `storage` as Juju nests them: {"storage"?: .., "filesystems"?: .., "volumes"?: ..}.
    Each status object's `since` and `controller.timestamp` are times as above. No selectors, nothing there: no
    applications.
show_status_log(model, entity, [type], [limit 20], [days], [from_date]) -> [{"status","message","data","since","type"}]
machines(model) -> {id: the machine object of status}
wait_for(model, [seen], timeout) -> {"seen", "changed": bool}       answers when anything in the model changed
    since `seen`

Machines
--------
add_machine(model, [count 1], [base], [constraints {}]) -> [id]
remove_machine(model, machines, [force], [keep], [dry_run]) -> [{"machine","error"?,"destroyed-units": [..],
    "destroyed-storage": [..], "detached-storage": [..]}]
ssh_target(model, target) -> {"machine","unit"?,"address","hostname","instance_id","pid"}
    target is a unit, `app/leader` or a machine id; pid is the leader in the host's numbers, for `nsenter -t pid -a`
    `unit "x/9" not found` (not found); machine not running: `machine 0 is not running`

Actions and commands
--------------------
actions(model, application) -> {action: {"description", "schema": {title,description,type,properties,...}}}   {} if none
run(model, units, action, [params {}]) -> {"operation": "1", "tasks": [{"id": "2","unit","receiver": "unit-app-0"}],
    "errors": [text]}     units may hold `app/leader`
exec(model, commands text, [units], [applications], [machines], [all], [parallel true], [execution_group], [timeout s])
    -> the same; a task for a machine has "machine" in place of "unit"
TASK is {"id","status","timing":{"enqueued","started","completed"},"log":[{"timestamp","message"}],"message"?,"results"?
    ,"error"?,"unit" or "machine", "action": {"name","parameters"}, "operation"}    `results` as Juju prints them
show_task(model, id) -> TASK        `task "x" not found` (not found)
wait_tasks(model, ids, timeout, [log_seen 0]) -> {"tasks": {id: TASK}, "done": bool}
    answers when all are final, or the tasks' logs together hold more than `log_seen` entries, or at the timeout
show_operation(model, id) -> {summary,status,fail?,error?,action{name,parameters},timing{},tasks{id:{..}}}
operations(model, [applications], [units], [machines], [actions], [status], [limit], [offset]) -> {id: operation}
cancel_task(model, ids) -> [{"id","status"} or {"id","error"}]

Storage
-------
storage(model) -> {"storage"?: {..}, "filesystems"?: {..}, "volumes"?: {..}}
show_storage(model, ids) -> {id: storage}
add_storage(model, unit, storage {name: "pool,size,count"}) -> [id]
attach_storage(model, unit, ids)    detach_storage(model, ids, [force])    remove_storage(model, ids, [force],
    [no_destroy])

Secrets
-------
secrets(model, [owner]) -> {id: {revision, ..., created, updated}}       show_secret(model, secret, [reveal],
    [revisions],
    [revision]) -> {id: {..}}; content is {"Data": {k: text}}
add_secret(model, name, content {k: base64}, [info]) -> "secret:<id>"
update_secret(model, secret, [name], [info], [auto_prune], [content])
grant_secret(model, secret, applications)   revoke_secret(model, secret, applications)
remove_secret(model, secret, [revision])

Logs
----
debug_log(model, [cursor], [backlog 10], [replay], [limit 0], [include], [exclude], [include_module], [exclude_module],
          [level "TRACE"], [timeout 0])
    -> {"cursor": int, "entries": [{"time","entity","level","module","message"}]}
    Without a cursor: the last `backlog` matching entries (all with `replay`). With one: what came after it,
    waiting up to
    `timeout` seconds for something to come.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from jujubox.controller.client import (
    actions,
    applications,
    deploying,
    logs,
    machines,
    models,
    offers,
    relations,
    removing,
    resources,
    secrets,
    show,
    status,
    status_abroad,
    storage,
)
from jujubox.controller.core import Core
from jujubox.model import models as model_rows
from jujubox.model.database import Refused

METHODS: dict[str, Callable[..., Any]] = {
    f"client.{name}": function
    for part in (
        actions,
        applications,
        deploying,
        logs,
        machines,
        models,
        offers,
        relations,
        removing,
        resources,
        secrets,
        show,
        status,
        status_abroad,
        storage,
    )
    for name, function in part.METHODS.items()
}


async def call(core: Core, method: str, params: dict[str, Any]) -> Any:
    """Answer one call. Raises Refused."""
    function = METHODS.get(method)
    if function is None:
        raise Refused(f'unknown method "{method}"', "not implemented")
    signature = inspect.signature(function)
    if "model" in signature.parameters:
        params["model"] = model_rows.find(core.db, str(params.get("model") or "default"))
    try:
        signature.bind(core, **params)
    except TypeError as error:
        raise Refused(f"cannot call {method}: {error}", "bad request") from None
    if inspect.iscoroutinefunction(function):
        return await function(core, **params)
    with core.db.transaction():
        return function(core, **params)
