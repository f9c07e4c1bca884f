// Stands in for react-style-singleton: the same names, and no <style> element.
const nothing = () => {};

export const styleSingleton = () => () => null;
export const styleHookSingleton = () => nothing;
export const stylesheetSingleton = () => ({ add: nothing, remove: nothing });
