/** What names that a configuration gives to things look like: environments, authorities, rules, roots. Those that look alike are told apart. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
