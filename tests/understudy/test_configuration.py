"""What someone who writes understudy.yaml gets, or is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.peer.blocks import Proof, Rule
from chains.settings import PeerChainSettings, PeerSettings
from peernode.settings import ReplicaSettings
from serving.tls import TlsFiles
from switcher.settings import KeyFileSigner, Policy, WalletSigner
from understudy.config import ConfigurationError, load
from understudy.doctor.settings import Endpoint, MonitoringSettings

FIXTURES = Path(__file__).parent.parent / "fixtures" / "config"
BAD = sorted((FIXTURES / "bad").glob("*.yaml"))
MINIMAL = (FIXTURES / "good" / "minimal.yaml").read_text()
PRIVATE_KEY = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"
TEST_CHAIN = "39f5e2ede1f8bc1a3a54a7914414e3779e33193f1f5693510e73cb7a87617447"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "understudy.yaml"


def told(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return str(caught.value)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_mistake_is_told_with_its_line_and_what_would_be_right(path: Path) -> None:
    expected = [
        line.removeprefix("# expect ")
        for line in path.read_text().splitlines()
        if line.startswith("# expect ")
    ]
    found = [line.removeprefix(str(path)).lstrip(": ") for line in told(path).splitlines()]
    assert expected
    assert found == expected


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_message_repeats_a_private_key(path: Path) -> None:
    assert PRIVATE_KEY not in told(path)


def test_everything_that_can_be_said_arrives(tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_bytes((FIXTURES / "good" / "whole.yaml").read_bytes())
    read = load(path)
    assert [node.url for node in read.chain.nodes] == [
        "wss://eu.example.org/ws",
        "wss://us.example.org/ws",
        "ws://127.0.0.1:8090",
    ]
    (witness,) = read.chain.witnesses
    assert witness.account == "init0"
    assert (witness.feeds, witness.feed_max_age) == (("USD", "CNY"), 7200)
    alpha, beta = witness.producers
    assert (alpha.name, alpha.node, alpha.preempt) == ("alpha", "ws://10.0.0.1:8090", "lagging")
    assert (beta.name, beta.node, beta.preempt) == ("beta", None, "all")
    assert (read.chain.missed_window, read.chain.call_timeout, read.chain.head_lag) == (600, 4, 3)
    assert read.chain.verify_blocks == 5000
    assert (read.exporter.host, read.exporter.port) == ("::1", 9877)
    assert read.exporter.tls == TlsFiles(tmp_path / "exporter.pem", tmp_path / "exporter.key")
    assert read.exporter.users_file == tmp_path / "users"
    switcher = read.needed_switcher()
    assert (switcher.host, switcher.port) == ("0.0.0.0", 9978)
    tls = TlsFiles(tmp_path / "certificate.pem", Path("/etc/understudy/tls.key"))
    assert (switcher.tls, switcher.behind_proxy) == (tls, True)
    assert switcher.client_token_file == Path("/etc/understudy/client-token")
    assert switcher.database.endswith("@db.example.org/journal?sslmode=verify-full")
    assert switcher.database_password_file == tmp_path / "database-password"
    assert switcher.signer == WalletSigner(tmp_path / "wallet.sqlite", tmp_path / "passphrase")
    assert switcher.policy == Policy(4, 3, 90, 2, 0.5, max_fee=100, arm=True, dry_run=True)
    assert (switcher.heartbeat_timeout, switcher.incident_renewal) == (120, 3600)
    assert switcher.incidents_per_hour == 200
    assert switcher.journal_retention == 365 * 86_400
    prometheus = Endpoint(
        "https://monitoring.example.org/prometheus", tmp_path / "prometheus-token"
    )
    assert read.monitoring.prometheus == (prometheus,)
    assert read.monitoring.alertmanager == (
        Endpoint("http://127.0.0.1:9093"),
        Endpoint("http://10.0.0.2:9093"),
    )


@pytest.mark.parametrize(
    "listen", ["127.0.0.1:9878", "127.3.2.1:9878", "[::1]:9878", "[::ffff:127.0.0.1]:9878"]
)
def test_plain_http_is_fine_where_only_this_machine_reaches_it(written: Path, listen: str) -> None:
    written.write_text(MINIMAL.rstrip() + f'\n  listen: "{listen}"\n')
    assert not load(written).needed_switcher().exposed


@pytest.mark.parametrize("way", ["tls: {certificate_file: c, key_file: k}", "behind_proxy: true"])
def test_others_may_reach_it_with_tls_or_through_a_proxy(written: Path, way: str) -> None:
    written.write_text(MINIMAL.rstrip() + f'\n  listen: "0.0.0.0:9878"\n  {way}\n')
    assert load(written).needed_switcher().exposed


def test_a_proxy_brings_others_to_loopback(written: Path) -> None:
    written.write_text(MINIMAL.rstrip() + "\n  behind_proxy: true\n")
    assert load(written).needed_switcher().exposed


def test_what_is_left_out_has_the_settings_defaults(written: Path) -> None:
    written.write_text(MINIMAL)
    read = load(written)
    assert (read.chain.prefix, read.chain.core_symbol, read.chain.missed_window) == (
        "BTS",
        "BTS",
        600,
    )
    assert read.chain.verify_blocks is None
    assert (read.exporter.host, read.exporter.port) == ("127.0.0.1", 9877)
    switcher = read.needed_switcher()
    assert (switcher.host, switcher.port) == ("127.0.0.1", 9878)
    assert switcher.policy == Policy()
    assert (switcher.heartbeat_timeout, switcher.incident_renewal) == (60, 300)
    assert switcher.incidents_per_hour == 1_000
    assert read.monitoring == MonitoringSettings()


def test_relative_paths_start_at_the_files_own_folder(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.write_text(MINIMAL)
    (written.parent / "elsewhere").mkdir()
    monkeypatch.chdir(written.parent / "elsewhere")
    switcher = load(Path("../understudy.yaml")).needed_switcher()
    assert switcher.token_file.resolve() == written.parent / "tokens"
    assert isinstance(switcher.signer, KeyFileSigner)
    assert switcher.signer.path.resolve() == written.parent / "active.key"
    database = Path(switcher.database.removeprefix("sqlite:///"))
    assert database.resolve() == written.parent / "understudy.db"


def test_absolute_paths_and_other_databases_stay(written: Path) -> None:
    url = "postgresql+psycopg://me@db.example.org/understudy"
    written.write_text(
        MINIMAL.replace("sqlite:///understudy.db", url).replace("tokens", "/etc/tokens")
    )
    switcher = load(written).needed_switcher()
    assert (switcher.database, switcher.token_file) == (url, Path("/etc/tokens"))


@pytest.mark.parametrize(
    ("chain", "prefix"),
    [(f'chain_id: "{TEST_CHAIN}"', "TEST"), (f'chain_id: "{"ab" * 32}"', "BTS")],
)
def test_key_prefix_and_core_symbol_follow_the_chain(
    written: Path, chain: str, prefix: str
) -> None:
    text = MINIMAL.replace("bitshares:\n", f"bitshares:\n  {chain}\n")
    written.write_text(text.replace("signing_key: BTS", f"signing_key: {prefix}"))
    read = load(written)
    assert (read.chain.prefix, read.chain.core_symbol) == (prefix, prefix)


def test_a_chain_of_ones_own_can_have_its_own_prefix(written: Path) -> None:
    text = MINIMAL.replace("bitshares:\n", "bitshares:\n  prefix: XYZ\n  core_symbol: CORE\n")
    written.write_text(text.replace("signing_key: BTS", "signing_key: XYZ"))
    read = load(written)
    assert (read.chain.prefix, read.chain.core_symbol) == ("XYZ", "CORE")


PEERS = 'peers: {nodes: [{name: p1, url: "http://10.0.0.5:5000"}]}\n'


def test_everything_that_can_be_said_of_peers_arrives(tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    path.write_bytes((FIXTURES / "good" / "whole.yaml").read_bytes())
    read = load(path)
    assert read.peers == PeerChainSettings(
        nodes=(
            PeerSettings("p1", "http://127.0.0.1:5001"),
            PeerSettings("p2", "https://peers.example.org/p2"),
        ),
        proof=Proof(Rule.LINKED),
        deadline=30.0,
    )
    assert read.replica == ReplicaSettings(
        advertise="http://watcher.example.org:5000",
        database=f"sqlite:///{tmp_path / 'replica.db'}",
        host="0.0.0.0",
        port=5000,
        max_depth=0,
        chain=read.peers,
    )


def test_the_replica_is_kept_beside_the_journal_unless_told_otherwise(written: Path) -> None:
    written.write_text(MINIMAL + PEERS)
    read = load(written)
    assert read.peers
    assert read.replica == ReplicaSettings(
        advertise="http://127.0.0.1:5000",
        database=f"sqlite:///{written.parent / 'peers.db'}",
        chain=read.peers,
    )
    assert (read.peers.proof, read.peers.deadline) == (Proof(Rule.PAIR), 120)


def test_peers_are_advertised_where_the_replica_listens_on_ipv6(written: Path) -> None:
    peers = PEERS.replace("peers: {", 'peers: {listen: "[fd00::9]:5000", ')
    written.write_text(MINIMAL + peers)
    replica = load(written).replica
    assert replica
    assert (replica.host, replica.advertise) == ("fd00::9", "http://[fd00::9]:5000")


def test_an_exporter_alone_needs_no_replica(written: Path) -> None:
    written.write_text(MINIMAL.partition("switcher:")[0] + PEERS)
    read = load(written)
    assert read.peers
    assert [peer.name for peer in read.peers.nodes] == ["p1"]
    assert read.replica is None


@pytest.mark.parametrize("database", ["sqlite:///loop", "sqlite:///a:b@c:d", "postgresql://h:x/y"])
def test_no_database_of_peers_ends_in_a_traceback(written: Path, database: str) -> None:
    (written.parent / "loop").symlink_to("loop")
    peers = PEERS.replace("peers: {", f'peers: {{database: "{database}", ')
    written.write_text(MINIMAL.replace("sqlite:///understudy.db", database) + peers)
    assert "peers.database: " in told(written)


def test_a_file_without_peers_has_none(written: Path) -> None:
    written.write_text(MINIMAL)
    assert (load(written).peers, load(written).replica) == (None, None)


def test_an_exporter_needs_no_switcher_section(written: Path) -> None:
    written.write_text(MINIMAL.partition("switcher:")[0])
    read = load(written)
    assert read.exporter.port == 9877
    with pytest.raises(ConfigurationError, match="switcher: is missing; the switcher needs"):
        read.needed_switcher()


def test_a_file_that_is_not_there_is_named(written: Path) -> None:
    assert told(written) == f"{written}: no such file; name an existing one with --config"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert told(tmp_path) == f"{tmp_path}: can't be read: Is a directory"


def test_text_that_is_not_utf8_is_told(written: Path) -> None:
    written.write_bytes(b"bitshares: \xff\n")
    assert told(written) == f"{written}: is not UTF-8 text (byte 11); save it as UTF-8"


def test_an_empty_file_is_told(written: Path) -> None:
    written.write_bytes(b"")
    assert told(written) == f"{written}: is empty; it must at least name the nodes"


def test_a_control_character_is_told_with_its_line(written: Path) -> None:
    written.write_bytes(b"bitshares:\n  nodes: \x07\n")
    assert told(written) == f"{written}:2: holds a character that YAML forbids (#x0007)"


def test_a_byte_order_mark_does_no_harm(written: Path) -> None:
    written.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())
    assert load(written).chain.prefix == "BTS"


def test_endless_nesting_is_told(written: Path) -> None:
    written.write_text("bitshares: " + "[" * 1200 + "]" * 1200)
    assert told(written) == f"{written}: is nested too deeply"
