import { Option, type Command } from 'commander';
import { usageTypes } from '../../domain/validation.ts';
import { activate, deactivate, type ActivateOptions } from './activate.ts';
import { checkIn, type CheckInOptions } from './check-in.ts';
import { checkOut, type CheckOutOptions } from './check-out.ts';
import { lifeSeconds, positiveNumber } from './option-values.ts';

const checkOutHelp = `
Examples:
  For this machine, to work for three days without a network:
    $ leasehold check-out --product acme-cad --ttl 259200
  For a machine that sees no network, from its request file:
    $ leasehold check-out --request request.lic --out license.lic
  Bound to no device:
    $ leasehold check-out --product acme-cad --no-device --out license.lic

A file for a device takes a seat until it ends or is checked in. With pinned roots (--roots or
LEASEHOLD_ROOTS) it is kept only when it is good. Where a root signed it that came after the pins, the server's
lists of roots are asked for first. One that is not kept is checked in again; that of a request cannot be, for
only the machine that asked can give it up.

Exit codes:
   0  installed, or written
   1  what came is not to be believed
  64  wrong options, or something missing
  69  the licence server cannot be reached, or the file is not signed yet: the same command finds it later
  75  no seat at this moment
  77  the license does not allow it`;

const checkInHelp = `
Examples:
  This machine's own file:
    $ leasehold check-in --product acme-cad
  That of a machine without a network:
    $ leasehold check-in deactivation.lic
  One that was written to a file, and is used no more:
    $ leasehold check-in license.lic

Delete every copy of a license file that you give up: a copy is good on its device until the file ends. One that
was got by a request file is given up on the machine that asked, or by its deactivation file.

Exit codes:
   0  given up: the seat is free
  64  wrong options, or no license file is installed
  69  the licence server cannot be reached
  77  the server does not take it`;

const activateHelp = `
Examples:
  On the machine that sees no network:
    $ leasehold activate --offline --product acme-cad --out request.lic
  Where there is a network and the license key:
    $ leasehold check-out --request request.lic --out license.lic
  Back on the first machine:
    $ leasehold activate --offline --product acme-cad --response license.lic --roots roots.json
  When something was revoked since, with what https://<licence server>/.well-known/revocations answers:
    $ leasehold activate --offline --product acme-cad --revocations revocations.json --roots roots.json

The list is kept: programs of the product hold the license file against it from then on. The request has no secret in it and names the machine to nobody. The license file is good on this machine
alone; programs find it with verifyInstalledFile() of the client library.

Exit codes:
   0  the request is written, the license file is installed, or the list is taken in
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

/** The commands for license files. */
export function addFileCommands(program: Command, onExit: (code: number) => void): void {
  addServerOptions(program.command('check-out'))
    .summary('get a license file, to work without a network')
    .description('Gets a license file for this machine, for another one, or for every one.')
    .addOption(usageTypeOption())
    .option('--ttl <seconds>', "how long it is good (default: the plan's time)", lifeSeconds)
    .option('--request <file>', 'for the machine that wrote this request')
    .option('--no-device', 'bound to no device')
    .option('--out <file>', 'where to write it (default: it is installed here)')
    .option('--max-wait <seconds>', 'longest wait for its signature', positiveNumber, 60)
    .option('--roots <file>', 'JWK Set of the trusted roots (default: LEASEHOLD_ROOTS)')
    .addHelpText('after', checkOutHelp)
    .action(async (options: CheckOutOptions) => {
      onExit(await checkOut(options));
    });

  addServerOptions(program.command('check-in'))
    .summary('give a license file up: its seat is free')
    .description(
      "Gives up this machine's license file, the named one, or that of a deactivation file.",
    )
    .argument('[file]', 'a license file, or the deactivation file of another machine')
    .addHelpText('after', checkInHelp)
    .action(async (file: string | undefined, options: CheckInOptions) => {
      onExit(await checkIn(file, options));
    });

  program
    .command('activate')
    .summary('ask for a license file, or install it, on a machine without a network')
    .description(
      'Writes a request for a license file; with --response installs the file, with --revocations takes a list in.',
    )
    .requiredOption('--offline', 'this machine sees no network; elsewhere use check-out')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .addOption(usageTypeOption())
    .option('--ttl <seconds>', "for how long it is wanted (default: the plan's time)", lifeSeconds)
    .option('--out <file>', 'the request to be carried', 'request.lic')
    .option('--response <file>', 'the license file that came back')
    .option('--revocations <file>', 'a revocation list that was carried here, to take it in')
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

function addServerOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the licence server (default: LEASEHOLD_URL)')
    .option('--license-key <key>', 'better left to LEASEHOLD_LICENSE_KEY or …_KEY_FILE')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .option('--json', 'tell it in JSON', false);
}

function usageTypeOption(): Option {
  return new Option(
    '--usage-type <type>',
    'default: LEASEHOLD_USAGE_TYPE, else what the surroundings show',
  ).choices(usageTypes);
}
