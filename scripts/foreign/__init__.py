"""Run other projects' test suites with every application instrumented, and compare with the plain run."""
