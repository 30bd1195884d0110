/** A catalog file as it should be: of a key, with a check and an action. */
export const GOOD = `slug: acme
name: Acme
category: Data
description: Knows everything about anvils.
homepage: https://acme.example
docs_url: https://acme.example/docs
icon: { text: A, color: "#112233" }
base_url: https://api.acme.example/v1
auth:
  - type: api_key
    fields:
      - { name: api_key, label: API key }
    send:
      - { in: header, name: X-Key, value: "{api_key}" }
probe:
  request: { method: GET, path: /me }
actions:
  - name: find
    label: Find
    description: Finds.
    primary: true
    request: { method: GET, path: "/find/{email}" }
    inputs:
      - { name: email, label: Email, type: email, required: true }
    outputs:
      - { name: id, label: Id, type: id, path: id }
    repeatable: true
sources: [{ at: https://acme.example/docs, for: [auth] }]
checked: 2026-11-20
`;
