import { InvalidArgumentError, type Command } from 'commander';
import { roots, type RootsOptions } from './roots.ts';
import { verify, type VerifyOptions } from './verify.ts';

const verifyHelp = `
Examples:
  A lease that a program kept, on a machine without a network:
    $ leasehold verify seat.json --roots roots.json --product acme-cad
  A license file of another machine:
    $ leasehold verify license.lic --roots roots.json --device any
  Whether it was good last Friday, for another program:
    $ leasehold verify seat.json --at 2026-03-06T12:00:00Z --json

The file may be a license file, or hold a lease token, a denial, a certificate, a revocation list or a list
of roots: the token itself, with its certificate beside it, or an answer of the API that has it as a member.
Request and deactivation files are not signed: it says what is in them. - reads standard input. Nothing is
asked of any server. With a product it is held against what that product's programs have learned here, too.

Each check has a line: ✓ passed, ✗ failed, · not reached any more.

Exit codes:
   0  it is good
   1  it is not to be believed
  64  wrong options, or the file or the roots cannot be read`;

const rootsHelp = `
Example:
    $ leasehold roots --url https://licenses.example.com --out roots.json

Whoever answers may be somebody else: trust the file only when its fingerprints are those that the vendor
published. Pins that are there are overwritten by their own successors, by others only with --force.

Exit codes:
   0  written
   1  the file pins other roots
  64  wrong options, or the file cannot be written
  69  the licence server cannot be reached`;

/** The commands that work without a server, and the one that fetches what they need. */
export function addProofCommands(program: Command, onExit: (code: number) => void): void {
  program
    .command('verify')
    .summary('say whether to believe what a server signed, offline')
    .description('Says what a signed file is and whether to believe it, without a network.')
    .argument('<file>', 'what to verify')
    .option('--roots <file>', 'JWK Set of the trusted roots (default: LEASEHOLD_ROOTS)')
    .option(
      '--revocations <file>',
      'a revocation list to hold it against: the token, or the answer of a server',
    )
    .option('--product <code>', 'must be for this product (default: LEASEHOLD_PRODUCT)')
    .option(
      '--device <fingerprint>',
      'must be good there instead of here; any: on no device in particular',
    )
    .option('--at <instant>', 'as of this instant instead of now', instantOf)
    .option('--json', 'tell it in JSON', false)
    .addHelpText('after', verifyHelp)
    .action(async (file: string, options: VerifyOptions) => {
      onExit(await verify(file, options));
    });

  program
    .command('roots')
    .summary('write down the roots of a server, to be compared and pinned')
    .description('Fetches the roots that a server signs with and writes them as a file of pins.')
    .option('--url <url>', 'the licence server (default: LEASEHOLD_URL)')
    .option('--out <file>', 'the file of the pins', 'roots.json')
    .option('--force', 'overwrite pins that are others', false)
    .option('--json', 'tell it in JSON', false)
    .addHelpText('after', rootsHelp)
    .action(async (options: RootsOptions) => {
      onExit(await roots(options));
    });
}

function instantOf(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be an instant such as 2026-03-06T12:00:00Z.');
}
