"""The folders that are mounted into a Grafana."""

from __future__ import annotations

from typing import Any

import yaml

from .boards import FILES, GRAFANA

PROVISIONING = GRAFANA / "provisioning"


def _one(kind: str) -> Any:
    (path,) = (PROVISIONING / kind).iterdir()
    assert path.suffix == ".yml"
    return yaml.safe_load(path.read_text())


def test_the_dashboards_are_read_from_the_folder_that_the_readme_has_mounted() -> None:
    told = _one("dashboards")
    assert told["apiVersion"] == 1
    (provider,) = told["providers"]
    assert provider["type"] == "file"
    place = provider["options"]["path"]
    for page in (GRAFANA / "README.md", GRAFANA.parent / "docs" / "how-to" / "grafana.md"):
        assert f":{place}:ro" in page.read_text()
        assert ":/etc/grafana/provisioning" in page.read_text()


def test_the_data_source_is_a_prometheus_that_is_scraped_as_ours() -> None:
    (source,) = _one("datasources")["datasources"]
    scraped = yaml.safe_load((GRAFANA.parent / "alertmanager" / "prometheus.yml").read_text())
    intervals = {
        job["scrape_interval"]
        for job in scraped["scrape_configs"]
        if job["job_name"].startswith("understudy-") and "scrape_interval" in job
    }
    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] in intervals


def test_nothing_but_dashboards_is_where_dashboards_are_looked_for() -> None:
    assert sorted((GRAFANA / "dashboards").iterdir()) == FILES
