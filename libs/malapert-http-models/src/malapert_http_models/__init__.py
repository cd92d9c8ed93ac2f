"""Models of the HTTP API: what each of them is made of in `wire`, the models themselves, generated, in `contracts`."""
