// The lint rules of the workspace; the walls between rooms are in walls.js, what refuses decisions on messages in message-text.js.
import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { noDecisionOnText } from './message-text.js';
import { zones } from './walls.js';

const quiet = [
  { object: 'process', property: 'exit', message: 'Only cli and terminal exit; throw an UnderstudyError.' },
  { object: 'process', property: 'stdout', message: 'Only cli and terminal print; return data instead.' },
  { object: 'process', property: 'stderr', message: 'Only cli and terminal print; take a Logger instead.' },
];

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'runs/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // A parameter used once still types the callback it is inferred from.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // What `using` holds is let go at the end of the scope: that is its use.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['packages/understudy/src/**/*.ts', 'packages/client/src/**/*.ts'],
    ignores: ['packages/understudy/src/cli/**', 'packages/understudy/src/terminal/**'],
    rules: { 'no-console': 'error', 'no-restricted-properties': ['error', ...quiet] },
  },
  {
    files: ['packages/*/src/**/*.ts', 'bench/**/*.ts'],
    // Linode's API and the engine say some things in words only; these files turn them into codes.
    ignores: ['packages/understudy/src/linode/reason.ts', 'packages/client/src/policy/engine-words.ts'],
    plugins: { understudy: { rules: { 'no-decision-on-text': noDecisionOnText } } },
    rules: { 'understudy/no-decision-on-text': 'error' },
  },
  {
    files: ['**/test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      // Recorded answers and lists of bad files are long and not read from top to bottom.
      'max-lines': ['error', { max: 400 }],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
