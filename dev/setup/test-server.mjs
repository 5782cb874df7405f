import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCached } from './cache.mjs';
import { downloadFromTemporal } from './download.mjs';
import { findOnPath, testServerFolder, testServerVersion } from './places.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, run } from './run.mjs';

const executable = 'temporal-test-server';
const binary = 'server';

/**
 * Makes sure of Temporal's time-skipping test server: cached, else downloaded, else from Maven.
 * @returns {Promise<void>}
 */
export async function ensureTestServer() {
  await ensureCached({
    folder: testServerFolder(),
    works: isComplete,
    fill: async (folder) => {
      const isDownloaded = await step('Downloading the Temporal test server', async () =>
        downloadFromTemporal({
          artifact: 'temporal-test-server',
          version: 'default',
          query: { 'sdk-name': 'sdk-typescript', 'sdk-version': await sdkVersion() },
          into: join(folder, binary),
        }),
      );
      if (!isDownloaded) await resolveWithMaven(folder);
      await writeFile(join(folder, executable), launcher, { mode: 0o755 });
    },
  });
}

/**
 * @param {string} folder
 * @returns {Promise<void>}
 */
async function resolveWithMaven(folder) {
  const maven = findOnPath('mvn');
  if (maven === null || findOnPath('java') === null) {
    throw new SetupError(
      "Temporal's test server is missing and could not be downloaded: install Maven and Java 17, then start again.",
    );
  }
  await writeFile(join(folder, 'pom.xml'), pom);
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  try {
    await step('Fetching the Temporal test server with Maven', () =>
      run(maven, ['-B', '-ntp', '-q', copy, '-DincludeScope=runtime', '-DoutputDirectory=jars'], {
        cwd: folder,
        timeoutMs: 600_000,
      }),
    );
  } catch (error) {
    throw advise("Temporal's test server could not be fetched: see Maven's message above.", error);
  }
}

/**
 * Starting it would take a second in every run; the cache compares the hashes of its files.
 * @param {string} folder
 * @returns {Promise<boolean>}
 */
async function isComplete(folder) {
  const launched = await readFile(join(folder, executable), 'utf8').catch(() => '');
  if (launched !== launcher) return false;
  const found = await readdir(folder, { recursive: true });
  return found.some((name) => name === binary || name.startsWith('jars/temporal-test-server-'));
}

/** @returns {Promise<string>} */
async function sdkVersion() {
  const manifest = new URL('../../node_modules/@temporalio/testing/package.json', import.meta.url);
  const { version } = /** @type {{ version: string }} */ (
    JSON.parse(await readFile(manifest, 'utf8'))
  );
  return version;
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>leasehold</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${testServerVersion}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>2.0.16</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * `exec`, because the SDK ends the process that it started, which must be the server itself. The
 * watcher ends the server when the process that wanted it was killed. Java's flags bring the start
 * well below the five seconds that the SDK grants.
 */
const launcher = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
wanted_by=$PPID
(
  while kill -0 "$wanted_by" && kill -0 $$; do sleep 1; done
  kill -9 $$
) </dev/null >/dev/null 2>&1 &
if [ -x "$here/server" ]; then exec "$here/server" "$@"; fi
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \\
  -cp "$here/jars/*" io.temporal.testserver.TestServer "$@"
`;
