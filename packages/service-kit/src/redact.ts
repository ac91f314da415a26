const HIDDEN = '[redacted]';

const SECRET_WORD = /(?:^|_)(?:KEYS?|SECRETS?|PASSWORD|CONNECTION_?STRING|TOKENS?|CREDENTIALS?)(?:_|$)/;

/** True when an environment variable's name says that its value is not to be shown. */
export const looksSecret = (variable: string): boolean => SECRET_WORD.test(variable);

const RULES: readonly [pattern: RegExp, replacement: string][] = [
  // "password":"...", "connectionString":"...", "authorization":"..." in a JSON line. Not every "...key":
  // a partition key is what one looks for in a log.
  [
    /("[\w.-]*(?:password|secret|token|authorization|cookie|connection_?string|(?:access|account|api|hash|hmac|private|shared|signing)_?key)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
    `$1"${HIDDEN}"`,
  ],
  // Azure and SQL Server connection strings, and SAS query strings.
  [
    /\b((?:SharedAccessKey|SharedAccessSignature|AccountKey|AccessKey|ClientSecret|Password|Pwd|sig)\s*=\s*)[^;&\s"'\\]+/gi,
    `$1${HIDDEN}`,
  ],
  [/(\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s/:@"']*):[^\s/@"']+@/gi, `$1:${HIDDEN}@`],
  [/\b(Bearer|Basic|SharedAccessSignature)\s+[\w.~+/=%&-]{8,}/gi, `$1 ${HIDDEN}`],
];

/**
 * The text with what is recognisably a secret replaced: values of telling JSON fields, the keys inside connection strings
 * and SAS tokens, the password of a URL, bearer tokens. It works on the finished text, so a secret quoted by a foreign
 * error message or a stack is caught as well as one in a field of ours.
 */
export const redact = (line: string): string =>
  RULES.reduce((out, [pattern, replacement]) => out.replace(pattern, replacement), line);
