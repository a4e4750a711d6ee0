"""OGC documents, as the service gives them."""

from __future__ import annotations

from api import models


def test_landing_and_collections_fit(client) -> None:
    landing = models.Landing.model_validate(client.get("/ogc").json())
    assert {"self", "conformance", "data", "service-desc"} <= {link.rel for link in landing.links}
    listed = models.Collections.model_validate(client.get("/ogc/collections").json())
    assert "shantytown_parcel" in [each.id for each in listed.collections]
    assert models.Conformance.model_validate(client.get("/ogc/conformance").json()).conforms_to


def test_a_page_of_items_fits_and_counts_itself(client) -> None:
    page = models.FeatureItems.model_validate(client.get("/ogc/collections/shantytown_parcel/items?limit=4").json())
    assert (page.number_returned, page.number_matched, len(page.features)) == (4, 6, 4)
