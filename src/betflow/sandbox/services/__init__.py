"""
What the sandbox answers over HTTPS: identity, JSON-RPC and REST, the menu, historic data, starting prices.

`application` is the door. `envelopes` and `parameters` understand requests and are pure; `operations` says
who answers which; `calling` runs one call between its rules and its faults; `answers` brings it to the
client, or fails to.
"""
