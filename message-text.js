// A lint rule: nothing decides on the text of a message. Read by eslint.config.js; its test injects violations.

/** Names that hold sentences for people. A local `text` may be a file's or an option's, so only a field of that name counts. */
const fields = new Set(['message', 'reason', 'text', 'detail', 'sentence']);
const locals = new Set(['message', 'reason', 'detail', 'sentence', 'difference', 'warning']);
const thrown = new Set(['error', 'cause']);

const readers = new Set(['startsWith', 'endsWith', 'includes', 'match', 'matchAll', 'search', 'indexOf']);
const shapers = new Set(['trim', 'toLowerCase', 'toUpperCase', 'slice', 'replace', 'replaceAll', 'split', 'toString']);
const patternReaders = new Set(['test', 'exec']);

/** Whether an expression is such a sentence, or made of one. */
function isSentence(node) {
  switch (node.type) {
    case 'Identifier':
      return locals.has(node.name);
    case 'MemberExpression':
      return !node.computed && fields.has(node.property.name);
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSAsExpression':
      return isSentence(node.expression);
    case 'LogicalExpression':
    case 'BinaryExpression':
      return isSentence(node.left) || isSentence(node.right);
    case 'TemplateLiteral':
      return node.expressions.some(isSentence);
    case 'CallExpression':
      return isShaped(node);
    default:
      return false;
  }
}

/** `reason.trim()`, `String(error)`. */
function isShaped({ callee, arguments: [first] }) {
  if (callee.type === 'Identifier')
    return callee.name === 'String' && first?.type === 'Identifier' && (thrown.has(first.name) || isSentence(first));
  return callee.type === 'MemberExpression' && shapers.has(callee.property.name) && isSentence(callee.object);
}

const isText = ({ type, value }) => type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');

/** @type {import('eslint').Rule.RuleModule} */
export const noDecisionOnText = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      onText: 'Nothing decides on the text of a message: put a code or a field beside it, and decide on that.',
    },
  },
  create(context) {
    const refuse = (node) => context.report({ node, messageId: 'onText' });
    return {
      CallExpression(node) {
        const { callee, arguments: given } = node;
        if (callee.type !== 'MemberExpression') return;
        if (readers.has(callee.property.name) && isSentence(callee.object)) refuse(node);
        else if (patternReaders.has(callee.property.name) && given.some(isSentence)) refuse(node);
      },
      BinaryExpression(node) {
        if (!['===', '!=='].includes(node.operator)) return;
        const { left, right } = node;
        if ((isSentence(left) && isText(right)) || (isSentence(right) && isText(left))) refuse(node);
      },
      SwitchStatement(node) {
        if (isSentence(node.discriminant)) refuse(node);
      },
    };
  },
};
