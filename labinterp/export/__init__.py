"""An interpretation -> JSON, CSV, Parquet or FHIR. One module a format; none of them decides anything."""
