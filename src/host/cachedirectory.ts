/** Where everything lies that checkouts share. */

/** `KUBEWRIGHT_CACHE`, else XDG_CACHE_HOME, else ~/.cache. */
export function cacheDirectory({
  environment,
}: {
  readonly environment: Readonly<Record<string, string | undefined>>;
}): string {
  const { KUBEWRIGHT_CACHE: own, XDG_CACHE_HOME: xdg, HOME: home } = environment;
  if (own) return own;
  return `${xdg || `${home || '/tmp'}/.cache`}/kubewright`;
}
