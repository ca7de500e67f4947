"""The shape of understudy.yaml, and how it becomes the settings of the other packages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chains.settings import (
    MAIN_CHAIN_ID,
    MAIN_SYMBOL,
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
    """What it is called in metrics, logs and the journal."""
    url: values.NodeUrl
    """Its websocket address."""


class Producer(Part):
    """A host that can sign for a witness."""

    name: values.Name
    """What the host is called in metrics, logs, the journal and orders."""
    signing_key: values.SigningKey
    """The public key by which it alone signs; never one key on two hosts."""
    node: values.NodeUrl | None = None
    """Its own API, by which it is seen whether it is well."""
    preempt: Annotated[
        Literal["all", "lagging", "never"] | None, Field(description="all, lagging or never")
    ] = None
    """When to replace it ahead of a slot: all, lagging (not for being unreachable alone), never."""

    def settings(self) -> ProducerSettings:
        """Return the typed settings."""
        return ProducerSettings(self.name, self.signing_key, **self.given("node", "preempt"))


class Witness(Part):
    """A witness account and its ring of producers."""

    account: values.Account
    """The account of the witness."""
    producers: Annotated[list[Producer], Field(min_length=1, description=LIST)]
    """The ring: the hosts that can sign for it, in the order in which they take over."""
    feeds: list[values.Asset] = Field(default_factory=list, description=LIST)
    """The assets of which it publishes prices."""
    feed_max_age: values.PositiveDuration | None = None
    """How much older than the newest of others a price may be; 24h, or less as the asset says."""

    def settings(self) -> WitnessSettings:
        """Return the typed settings."""
        producers = tuple(each.settings() for each in self.producers)
        feeds = tuple(self.feeds)
        return WitnessSettings(self.account, producers, feeds, **self.given("feed_max_age"))


class BitShares(Part):
    """The chain, its nodes and the witnesses on it."""

    chain_id: values.ChainId = MAIN_CHAIN_ID
    """The chain, which is checked against every node; the main chain's without one."""
    prefix: values.Prefix | None = None
    """What public keys begin with; follows from a known chain."""
    core_symbol: values.Prefix | None = None
    """What the core asset is called; follows from a known chain."""
    nodes: Annotated[list[Node], Field(min_length=1, description=LIST)]
    """The nodes that vote on what is true, best three or more; none is a producer's own."""
    missed_window: values.PositiveDuration | None = None
    """How far back missed slots count against a host."""
    call_timeout: values.Timeout | None = None
    """The deadline of one call to a node."""
    verify_blocks: values.BlocksAtStart | None = None
    """How many blocks are verified at the start; back to the irreversible one without it."""
    witnesses: list[Witness] = Field(default_factory=list, description=LIST)
    """Those that are watched, and kept on air where a switcher is configured."""

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


class Tls(Part):
    """The certificate with which a service speaks HTTPS."""

    certificate_file: values.FilePath
    """The certificate, in PEM."""
    key_file: values.FilePath
    """Its private key, in a file of yours alone."""

    def settings(self) -> TlsFiles:
        """Return the typed settings."""
        return TlsFiles(self.certificate_file, self.key_file)


class Exporter(Part):
    """The exporter."""

    listen: values.Address | None = None
    """Where `/metrics` is served."""
    tls: Annotated[Tls | None, Field(description=TLS)] = None
    """A certificate; with one it speaks HTTPS only."""
    users_file: values.FilePath | None = None
    """A file of yours alone with who may read the metrics, as `htpasswd -B` writes it; without
    one everybody who reaches the address may."""

    def settings(self) -> ExporterSettings:
        """Return the typed settings."""
        tls = self.tls.settings() if self.tls else None
        listen: dict[str, Any] = dict(zip(("host", "port"), self.listen or (), strict=False))
        return ExporterSettings(tls=tls, users_file=self.users_file, **listen)


class Wallet(Part):
    """A wallet of the `bitshares` library."""

    path: values.FilePath
    """The wallet's file."""
    passphrase_file: values.FilePath
    """A file of yours alone with its passphrase."""


class Signer(Part):
    """Where the witness account's active key is; one of the two, which `checks` sees to."""

    key_file: values.FilePath | None = None
    """A file of yours alone that holds the active private key of each witness account."""
    wallet: Annotated[Wallet | None, Field(description=SECTION)] = None
    """A wallet that holds them, instead."""
    allow_owner_key: values.Switch | None = None
    """Whether an owner key at hand is put up with; without it nothing is signed then."""

    def settings(self) -> KeyFileSigner | WalletSigner:
        """Return the typed settings."""
        more = self.given("allow_owner_key")
        if self.wallet:
            return WalletSigner(self.wallet.path, self.wallet.passphrase_file, **more)
        assert self.key_file
        return KeyFileSigner(self.key_file, **more)


class PolicySection(Part):
    """When to rotate, and when to hold."""

    missed_blocks: values.Count | None = None
    """Misses within `missed_window` by which a host is replaced, however well it looks. One that is
    back from an absence which covers all of them has its next slot to show that it signs."""
    head_lag: values.Count | None = None
    """Blocks by which a node may be behind before it counts as behind."""
    cool_down: values.CoolDown | None = None
    """How long nothing is rotated by itself after a rotation; 24h at most."""
    rotations_per_day: values.Count | None = None
    """How often a witness is rotated by itself within 24 hours."""
    min_participation: values.Share | None = None
    """The share of slots with a block below which the trouble is everybody's."""
    preempt_after: values.Duration | None = None
    """How long a host must have lacked the chain's blocks to be replaced ahead of a slot."""
    exhausted: Annotated[
        Literal["hold", "null_key"] | None, Field(description="hold or null_key")
    ] = None
    """What to do where no backup is ready: hold, or null_key, which stops the witness."""
    return_after: values.PositiveDuration | None = None
    """After how much health the first producer comes back on air; never without it."""
    max_fee: values.Count | None = None
    """The most that one update may cost, in core tokens; where nodes ask for more it holds."""
    arm: values.Switch | None = None
    """Whether it may rotate by itself, until somebody arms or disarms: the journal keeps that."""
    dry_run: values.Switch | None = None
    """Whether it only says what it would do, whatever anybody orders."""

    def settings(self) -> Policy:
        """Return the typed settings."""
        return Policy(**self.given(*type(self).model_fields))


class Switcher(Part):
    """The switcher."""

    listen: values.Address | None = None
    """Where webhooks are received and the API is served."""
    tls: Annotated[Tls | None, Field(description=TLS)] = None
    """With it HTTPS is spoken there; needed beyond this machine."""
    behind_proxy: values.Switch | None = None
    """Whether a proxy that speaks TLS stands in front of it."""
    readers: Annotated[
        Literal["token", "loopback", "anyone"] | None,
        Field(description="token, loopback or anyone"),
    ] = None
    """Who may see page, state and journal without a token: nobody, this machine, or anyone."""
    token_file: values.FilePath
    """The hashes of all tokens, as `understudy token new` writes them."""
    client_token_file: values.FilePath | None = None
    """The token that the command line shows to the switcher."""
    database: values.Database
    """Where the journal is kept."""
    database_password_file: values.FilePath | None = None
    """A file of yours alone with PostgreSQL's password."""
    signer: Annotated[Signer, Field(description=SIGNER)]
    """Where the active key is."""
    policy: Annotated[PolicySection, Field(description=SECTION)] = PolicySection()
    """When to rotate, and when to hold."""
    heartbeat_timeout: values.PositiveDuration | None = None
    """How long the heartbeat alert may stay away before the alert path is broken."""
    incident_renewal: values.PositiveDuration | None = None
    """How long an incident stays open that no alert renews."""
    incidents_per_hour: values.Count | None = None
    """From how many incidents within an hour on alerts that can't be true open no more."""
    journal_retention: values.Retention | None = None
    """How long entries of the journal are kept; for ever without it."""

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
                "incidents_per_hour",
                "journal_retention",
                "readers",
            ),
        )


class Monitoring(Part):
    """Prometheus and Alertmanager, one or several of each, for `understudy check`."""

    prometheus: values.MonitoringUrls | None = None
    """Where Prometheus is, or several."""
    prometheus_token_file: values.FilePath | None = None
    """A file with the bearer token that they want."""
    alertmanager: values.MonitoringUrls | None = None
    """Where Alertmanager is, or several."""
    alertmanager_token_file: values.FilePath | None = None
    """A file with the bearer token that they want."""

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
    """The chain, its nodes and the witnesses."""
    peers: Annotated[Peers | None, Field(description=SECTION)] = None
    """The peer chain, if its nodes are looked after."""
    exporter: Annotated[Exporter, Field(description=SECTION)] = Exporter()
    """The exporter."""
    switcher: Annotated[Switcher | None, Field(description=SECTION)] = None
    """The switcher; without it the exporter runs alone."""
    monitoring: Annotated[Monitoring, Field(description=SECTION)] = Monitoring()
    """What `understudy check` asks beside the nodes."""


def default_prefix(chain_id: object) -> str:
    """Return what keys begin with, and the core asset is called, unless configured otherwise."""
    return "TEST" if chain_id == TEST_CHAIN_ID else MAIN_SYMBOL
