/**
 * Keys of config.toml that DESIGN names and this version cannot obey. They are refused by name, so that nobody relies on a limit or a protection that
 * is not there (CFG-7).
 */
export const NOT_BUILT_KEYS: readonly string[] = ['limits', 'budgets', 'quietHours']
