// The engines that this tool can run: one folder each, and one line here.
export { elasticsearch } from './elasticsearch/index.ts';
export { opensearch } from './opensearch/index.ts';
