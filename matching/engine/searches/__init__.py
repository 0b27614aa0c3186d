"""What a flow cannot decide: portions, all or nothing, averages; relaxed, dived into, improved."""
