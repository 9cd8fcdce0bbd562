"""The parts of `conformance/load`: people (users), processes (servers), wrk (load), report (table and bars)."""
