"""The channels' tests: pure tables and parsers here, the contract both keep in contract_cases, over real HTTP."""
