"""Papers of a deal and of a certificate, as pages and the API hand them out."""
