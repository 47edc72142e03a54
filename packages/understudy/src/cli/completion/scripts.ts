// The completion scripts of the shells. Each hands the words of the line to the hidden command `complete`, which prints one candidate
// a line: value, tab, description. They call the program as it was written, so that a path to it works too.

const bash = `# understudy: completion for bash. Put this in ~/.bashrc:  source <(understudy completion bash)
_understudy() {
  local program=\${COMP_WORDS[0]/#\\~/$HOME} value description
  COMPREPLY=()
  while IFS=$'\\t' read -r value description; do
    # Bash replaces only what stands after the equals sign.
    if [[ $value == --*=* ]]; then value=\${value#*=}; fi
    if [[ $value == */ ]]; then compopt -o nospace 2>/dev/null; fi
    COMPREPLY+=("$(printf '%q' "$value")")
  done < <("$program" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _understudy understudy
`;

const zsh = `#compdef understudy
# understudy: completion for zsh. Put this in ~/.zshrc after compinit:  source <(understudy completion zsh)
_understudy() {
  local -a found folders
  local line value description
  for line in "\${(@f)$("\${(Q)words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=\${line%%$'\\t'*}
    description=\${line#*$'\\t'}
    if [[ -z $value ]]; then continue; fi
    if [[ $value == */ ]]; then folders+=("$value"); else found+=("\${value//:/\\\\:}:$description"); fi
  done
  if (( $#found )); then _describe 'understudy' found; fi
  if (( $#folders )); then compadd -S '' -- "\${folders[@]}"; fi
}
if [[ \${funcstack[1]} == _understudy ]]; then _understudy "$@"; else compdef _understudy understudy; fi
`;

const fish = `# understudy: completion for fish. Put this in ~/.config/fish/config.fish:  understudy completion fish | source
function __understudy_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c understudy -f -a '(__understudy_complete)'
`;

export const completionScripts = { bash, zsh, fish } as const;
