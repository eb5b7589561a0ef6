"""The mapping language: read from TOML, checked, compiled, and used in both directions.

`mapping` loads and checks; `statements`, `field_rules` and `rules` are its parts. `translator`
compiles a mapping for one city and turns rows into drafts and drafts into rows, by way of
`statement_plan`, `record_plan`, `fields` and `values`; `matter` and `crosswalk` know matters,
`losses` finds what was left unsaid. `encoding`, `xml_text` and `json_text` read what comes from
outside. `docs/reference/mapping.md` describes the language.
"""
