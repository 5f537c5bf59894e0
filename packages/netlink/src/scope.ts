/** How far an address or a route reaches. */
export type RouteScope = 'global' | 'link' | 'host';

/** RT_SCOPE_* in linux/rtnetlink.h */
export const scopes: Readonly<Record<RouteScope, number>> = { global: 0, link: 253, host: 254 };
