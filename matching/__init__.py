"""Which lot meets which requirement. Knows marketplace; marketplace does not know it."""
