"""An invented market: every organisation, person, certificate and number here is made up."""
