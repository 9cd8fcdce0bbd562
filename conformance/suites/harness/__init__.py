"""What all suites share: processes, requests, expectations, exceptions, counting. No scenario lives here."""
