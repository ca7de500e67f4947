"""The shape of understudy.yaml, and how it becomes the settings of the other packages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chains.settings import (
    MAIN_CHAIN_ID,
    ChainSettings,
    NodeSettings,
    ProducerSettings,
    WitnessSettings,
)
from exporter.settings import ExporterSettings
from serving.tls import TlsFiles
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings, WalletSigner
from understudy.config import values
from understudy.config.part import LIST, SECTION, Part
from understudy.config.peers import Peers
from understudy.doctor.settings import Endpoint, MonitoringSettings

TEST_CHAIN_ID = "39f5e2ede1f8bc1a3a54a7914414e3779e33193f1f5693510e73cb7a87617447"
"""The public test network's, where keys and core asset are called TEST."""

SIGNER = "{key_file: PATH} or {wallet: {path: PATH, passphrase_file: PATH}}"
TLS = "{certificate_file: PATH, key_file: PATH}"


class Node(Part):
    """A node that votes on what is true."""

    name: values.Name
    url: values.NodeUrl


class Producer(Part):
    """A host that can sign for a witness."""

    name: values.Name
    signing_key: values.SigningKey
    node: values.NodeUrl | None = None
    preempt: Annotated[
        Literal["all", "lagging", "never"] | None, Field(description="all, lagging or never")
    ] = None


class Witness(Part):
    """A witness account and its ring of producers."""

    account: values.Account
    producers: Annotated[list[Producer], Field(min_length=1, description=LIST)]
    feeds: list[values.Asset] = Field(default_factory=list, description=LIST)
    feed_max_age: values.PositiveDuration | None = None

    def settings(self) -> WitnessSettings:
        """Return the typed settings."""
        producers = tuple(
            ProducerSettings(each.name, each.signing_key, **each.given("node", "preempt"))
            for each in self.producers
        )
        feeds = tuple(self.feeds)
        return WitnessSettings(self.account, producers, feeds, **self.given("feed_max_age"))


class BitShares(Part):
    """The chain, its nodes and the witnesses on it."""

    chain_id: values.ChainId = MAIN_CHAIN_ID
    prefix: values.Prefix | None = None
    core_symbol: values.Prefix | None = None
    nodes: Annotated[list[Node], Field(min_length=1, description=LIST)]
    missed_window: values.PositiveDuration | None = None
    call_timeout: values.Timeout | None = None
    verify_blocks: values.BlocksAtStart | None = None
    witnesses: list[Witness] = Field(default_factory=list, description=LIST)

    def settings(self, head_lag: int) -> ChainSettings:
        """Return the typed settings; `head_lag` is a figure of the switcher's policy."""
        symbol = default_prefix(self.chain_id)
        return ChainSettings(
            nodes=tuple(NodeSettings(node.name, node.url) for node in self.nodes),
            witnesses=tuple(witness.settings() for witness in self.witnesses),
            chain_id=self.chain_id,
            prefix=self.prefix or symbol,
            core_symbol=self.core_symbol or symbol,
            head_lag=head_lag,
            **self.given("missed_window", "call_timeout", "verify_blocks"),
        )


class Exporter(Part):
    """The exporter."""

    listen: values.Address | None = None

    def settings(self) -> ExporterSettings:
        """Return the typed settings."""
        return ExporterSettings(*self.listen or ())


class Wallet(Part):
    """A wallet of the `bitshares` library."""

    path: values.FilePath
    passphrase_file: values.FilePath


class Signer(Part):
    """Where the witness account's active key is; one of the two, which `checks` sees to."""

    key_file: values.FilePath | None = None
    wallet: Annotated[Wallet | None, Field(description=SECTION)] = None
    allow_owner_key: values.Switch | None = None

    def settings(self) -> KeyFileSigner | WalletSigner:
        """Return the typed settings."""
        more = self.given("allow_owner_key")
        if self.wallet:
            return WalletSigner(self.wallet.path, self.wallet.passphrase_file, **more)
        assert self.key_file
        return KeyFileSigner(self.key_file, **more)


class Tls(Part):
    """The certificate with which the switcher speaks HTTPS."""

    certificate_file: values.FilePath
    key_file: values.FilePath

    def settings(self) -> TlsFiles:
        """Return the typed settings."""
        return TlsFiles(self.certificate_file, self.key_file)


class PolicySection(Part):
    """When to rotate, and when to hold."""

    missed_blocks: values.Count | None = None
    head_lag: values.Count | None = None
    cool_down: values.CoolDown | None = None
    rotations_per_day: values.Count | None = None
    min_participation: values.Share | None = None
    preempt_after: values.Duration | None = None
    exhausted: Annotated[
        Literal["hold", "null_key"] | None, Field(description="hold or null_key")
    ] = None
    return_after: values.PositiveDuration | None = None
    arm: values.Switch | None = None
    dry_run: values.Switch | None = None

    def settings(self) -> Policy:
        """Return the typed settings."""
        return Policy(**self.given(*type(self).model_fields))


class Switcher(Part):
    """The switcher."""

    listen: values.Address | None = None
    tls: Annotated[Tls | None, Field(description=TLS)] = None
    behind_proxy: values.Switch | None = None
    token_file: values.FilePath
    client_token_file: values.FilePath | None = None
    database: values.Database
    database_password_file: values.FilePath | None = None
    signer: Annotated[Signer, Field(description=SIGNER)]
    policy: Annotated[PolicySection, Field(description=SECTION)] = PolicySection()
    heartbeat_timeout: values.PositiveDuration | None = None
    incident_renewal: values.PositiveDuration | None = None
    journal_retention: values.Retention | None = None

    def settings(self) -> SwitcherSettings:
        """Return the typed settings."""
        listen: dict[str, Any] = dict(zip(("host", "port"), self.listen or (), strict=False))
        return SwitcherSettings(
            token_file=self.token_file,
            database=self.database,
            signer=self.signer.settings(),
            policy=self.policy.settings(),
            tls=self.tls.settings() if self.tls else None,
            **listen,
            **self.given(
                "behind_proxy",
                "client_token_file",
                "database_password_file",
                "heartbeat_timeout",
                "incident_renewal",
                "journal_retention",
            ),
        )


class Monitoring(Part):
    """Prometheus and Alertmanager, one or several of each, for `understudy check`."""

    prometheus: values.MonitoringUrls | None = None
    prometheus_token_file: values.FilePath | None = None
    alertmanager: values.MonitoringUrls | None = None
    alertmanager_token_file: values.FilePath | None = None

    def settings(self) -> MonitoringSettings:
        """Return the typed settings."""
        prometheus, alertmanager = self.prometheus or (), self.alertmanager or ()
        return MonitoringSettings(
            tuple(Endpoint(url, self.prometheus_token_file) for url in prometheus),
            tuple(Endpoint(url, self.alertmanager_token_file) for url in alertmanager),
        )


class File(Part):
    """The whole file."""

    bitshares: Annotated[BitShares, Field(description=SECTION)]
    peers: Annotated[Peers | None, Field(description=SECTION)] = None
    exporter: Annotated[Exporter, Field(description=SECTION)] = Exporter()
    switcher: Annotated[Switcher | None, Field(description=SECTION)] = None
    monitoring: Annotated[Monitoring, Field(description=SECTION)] = Monitoring()


def default_prefix(chain_id: object) -> str:
    """Return what keys begin with, and the core asset is called, unless configured otherwise."""
    return "TEST" if chain_id == TEST_CHAIN_ID else "BTS"
