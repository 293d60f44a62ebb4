"""Steps on the machine."""

from __future__ import annotations

import time
from pathlib import Path

from pgcharm import tls
from pgcharm.adapters import host
from pgcharm.adapters.etcd import EtcdEndpoint, until
from pgcharm.apply.means import Means, Perform
from pgcharm.cluster import etcd_url
from pgcharm.plan import steps
from pgcharm.plan.types import Step

ETCD_SECONDS = 8.0
"""How long a start of etcd waits for a quorum."""


def mask_services(step: steps.MaskServices, _: Means) -> bool:
    changed = [host.ensure_masked(name) for name in step.names]
    return any(changed)


def install_packages(step: steps.InstallPackages, _: Means) -> bool:
    return host.ensure_packages(step.names)


def fetch_lists(_: steps.FetchLists, __: Means) -> bool:
    host.fetch_lists()
    return True


def generate_locale(step: steps.GenerateLocale, _: Means) -> bool:
    return host.ensure_locale(step.locale)


def write_file(step: steps.WriteFile, means: Means) -> bool:
    """What the reader has read counts no more, even if the same was there before somebody else's change."""
    if step.reader:
        means.note("loaded", {step.reader: ""})
    changed = host.ensure_file(step.path, step.content, step.owner, step.group, step.mode)
    means.note("written", {step.path: host.digest(step.content)})
    return changed


def make_directory(step: steps.MakeDirectory, _: Means) -> bool:
    return host.ensure_directory(step.path, step.owner, step.group, step.mode)


def remove_path(step: steps.RemovePath, _: Means) -> bool:
    return host.ensure_absent(step.path)


def note_config(step: steps.NoteConfig, means: Means) -> bool:
    means.note("config", step.config)
    return True


def note_trouble(step: steps.NoteTrouble, means: Means) -> bool:
    means.note("trouble", step.trouble)
    return True


def issue_certificate(step: steps.IssueCertificate, _: Means) -> bool:
    """The certificate is written last: a key without it is issued anew."""
    certificate, key = tls.issue(step.ca_certificate, step.ca_key, step.name, step.names, time.time())
    Path(step.certificate).unlink(missing_ok=True)
    host.ensure_file(step.key, key, step.owner, step.owner, 0o600)
    return host.ensure_file(step.certificate, certificate, "root", "root", 0o644)


def start_service(step: steps.StartService, means: Means) -> bool:
    changed = host.ensure_service_restarted(step.service)
    means.note("started_with", {step.service: step.inputs})
    if step.service == means.layout.etcd_service:
        await_etcd(means)
    if step.loads:
        means.note("loaded", step.loads)
    return changed


def await_etcd(means: Means) -> None:
    """Give our member of etcd a moment to find the others: without a quorum it does not, which is no failure."""
    member = EtcdEndpoint(etcd_url("127.0.0.1"), means.credentials)
    until(ETCD_SECONDS, lambda: member.status().get("leader", "0") != "0" or None)


def stop_service(step: steps.StopService, _: Means) -> bool:
    return host.ensure_service_stopped(step.service)


PERFORM: dict[type[Step], Perform] = {
    steps.MaskServices: mask_services,
    steps.InstallPackages: install_packages,
    steps.FetchLists: fetch_lists,
    steps.GenerateLocale: generate_locale,
    steps.WriteFile: write_file,
    steps.MakeDirectory: make_directory,
    steps.RemovePath: remove_path,
    steps.NoteConfig: note_config,
    steps.NoteTrouble: note_trouble,
    steps.IssueCertificate: issue_certificate,
    steps.StartService: start_service,
    steps.StopService: stop_service,
}
