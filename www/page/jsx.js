// What JSX becomes in the page: calls of Preact's own function, which is there anyway. The other form, with a module
// of its own and the children among the props, is half a kilobyte of gzip more.

export { Fragment, h } from "preact";
