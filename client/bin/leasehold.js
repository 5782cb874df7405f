#!/usr/bin/env node
// Committed so that npm finds a file to link before dist/ is built.
import '../dist/cli.js';
