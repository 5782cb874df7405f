import { InvalidArgumentError, Option, type Command } from 'commander';
import { usageTypes } from '../../domain/validation.ts';
import { activate, deactivate, type ActivateOptions } from './activate.ts';
import { lifeSeconds } from './option-values.ts';
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
asked of any server.

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

const activateHelp = `
Examples:
  On the machine that sees no network:
    $ leasehold activate --offline --product acme-cad --out request.lic
  Where there is a network and the license key:
    $ leasehold check-out --request request.lic --out license.lic
  Back on the first machine:
    $ leasehold activate --offline --product acme-cad --response license.lic --roots roots.json

The request has no secret in it and names the machine to nobody. The license file is good on this machine
alone; programs find it with verifyInstalledFile() of the client library.

Exit codes:
   0  the request is written, or the license file is installed
   1  the license file is not to be believed here
  64  wrong options, or something missing`;

const deactivateHelp = `
Example:
    $ leasehold deactivate --offline --product acme-cad --out deactivation.lic

The license file is removed first. Carry the deactivation file to a machine with a network and give it to
leasehold check-in: then the seat is free. Written once more when it got lost.

Exit codes:
   0  removed, and the deactivation file is written
  64  wrong options, or no license file is installed`;

/** The commands that work without a server, and the one that fetches what they need. */
export function addProofCommands(program: Command, onExit: (code: number) => void): void {
  program
    .command('verify')
    .summary('say whether to believe what a server signed, offline')
    .description('Says what a signed file is and whether to believe it, without a network.')
    .argument('<file>', 'what to verify')
    .option('--roots <file>', 'JWK Set of the trusted roots (default: LEASEHOLD_ROOTS)')
    .option('--revocations <file>', 'a revocation list to hold it against')
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

  program
    .command('activate')
    .summary('ask for a license file, or install it, on a machine without a network')
    .description('Writes a request for a license file; with --response installs the file itself.')
    .requiredOption('--offline', 'this machine sees no network; elsewhere use check-out')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .addOption(
      new Option(
        '--usage-type <type>',
        'default: LEASEHOLD_USAGE_TYPE, else what the surroundings show',
      ).choices(usageTypes),
    )
    .option('--ttl <seconds>', "for how long it is wanted (default: the plan's time)", lifeSeconds)
    .option('--out <file>', 'the request to be carried', 'request.lic')
    .option('--response <file>', 'the license file that came back')
    .option('--roots <file>', 'JWK Set of the trusted roots (default: LEASEHOLD_ROOTS)')
    .option('--json', 'tell it in JSON', false)
    .addHelpText('after', activateHelp)
    .action(async (options: ActivateOptions) => {
      onExit(await activate(options));
    });

  program
    .command('deactivate')
    .summary('give the license file of a machine without a network up')
    .description('Removes the license file and writes what tells the server so.')
    .requiredOption('--offline', 'this machine sees no network')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .option('--out <file>', 'what is to be carried', 'deactivation.lic')
    .option('--json', 'tell it in JSON', false)
    .addHelpText('after', deactivateHelp)
    .action(async (options: Parameters<typeof deactivate>[0]) => {
      onExit(await deactivate(options));
    });
}

function instantOf(text: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be an instant such as 2026-03-06T12:00:00Z.');
}
