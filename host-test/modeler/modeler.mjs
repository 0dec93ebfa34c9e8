#!/usr/bin/env node
// Proves that a Camunda 8 element template works in a real modeler; see --help.
import { mkdtempSync, rmSync } from 'node:fs';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { validateZeebe } from '@bpmn-io/element-templates-validator';
import * as esbuild from 'esbuild';
import puppeteer from 'puppeteer-core';

const USAGE = `usage: node modeler.mjs --template template.json [--values values.json] [--xml out.bpmn]
                        [--screenshot out.png] [--camunda 8.6.0]

Validates the template, applies it to a task in bpmn-js, types the values into the properties
panel, and prints what the panel shows as JSON. values.json is {"field": "text", ...} or, where
a field is to be set more than once, [["field", "text"], ...]; a field is a property's id, else
its binding's name. The browser is $CHROMIUM, else the first on PATH, else @sparticuz/chromium.`;

const DEADLINE = 120_000; // for everything in the browser, on a machine that is busy
const PATIENCE = 15_000; // for the panel to do one thing
const PICTURE = { width: 1000, height: 1290 }; // of the screenshot

let options;

const parse = () => parseArgs({
  options: {
    template: { type: 'string' },
    values: { type: 'string' },
    xml: { type: 'string' },
    screenshot: { type: 'string' },
    camunda: { type: 'string', default: '8.6.0' },
    help: { type: 'boolean' }
  }
}).values;

async function json(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error.message}`);
  }
}

function check(template) {
  const { valid, errors } = validateZeebe(template);
  if (valid) return;
  // The errors that the validator words itself; the schema's generic ones only when there are no others.
  const worded = errors.filter(({ params }) => params?.rawErrors);
  const lines = (worded.length ? worded : errors).map(({ dataPath, instancePath, message, params }) => {
    const detail = params && !params.rawErrors ? ` ${JSON.stringify(params)}` : '';
    return `  ${dataPath || instancePath || '/'}: ${message}${detail}`;
  });
  throw new Error(`${options.template} is not a valid element template\n${lines.join('\n')}`);
}

const escape = text => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

const diagram = () => `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="definitions" targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="${escape(options.camunda)}">
  <bpmn:process id="order" name="Order" isExecutable="true">
    <bpmn:startEvent id="start" name="Order received"><bpmn:outgoing>to_task</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="to_task" sourceRef="start" targetRef="task" />
    <bpmn:task id="task" name="Send order"><bpmn:incoming>to_task</bpmn:incoming><bpmn:outgoing>to_end</bpmn:outgoing></bpmn:task>
    <bpmn:sequenceFlow id="to_end" sourceRef="task" targetRef="end" />
    <bpmn:endEvent id="end" name="Order done"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="order">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start"><dc:Bounds x="160" y="102" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="140" y="145" width="76" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="task_di" bpmnElement="task"><dc:Bounds x="260" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end"><dc:Bounds x="424" y="102" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="413" y="145" width="58" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_task_di" bpmnElement="to_task"><di:waypoint x="196" y="120" /><di:waypoint x="260" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_end_di" bpmnElement="to_end"><di:waypoint x="360" y="120" /><di:waypoint x="424" y="120" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>`;

async function bundle() {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: import.meta.dirname,
    entryPoints: ['page.js', 'page.css'],
    outdir: 'out',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    logLevel: 'silent',
    loader: Object.fromEntries(['woff2', 'woff', 'ttf', 'eot', 'svg'].map(type => [`.${type}`, 'dataurl']))
  });
  await esbuild.stop();
  const ending = type => outputFiles.find(file => file.path.endsWith(type)).text;
  return { script: ending('.js'), style: ending('.css') };
}

async function browser() {
  const executable = file => access(file, constants.X_OK).then(() => true, () => false);
  const { CHROMIUM, PATH = '' } = process.env;
  if (CHROMIUM) {
    if (!await executable(CHROMIUM)) throw new Error(`$CHROMIUM is not a program: ${CHROMIUM}`);
    return { executablePath: CHROMIUM, args: [] };
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    for (const folder of PATH.split(delimiter).filter(Boolean)) {
      if (await executable(join(folder, name))) return { executablePath: join(folder, name), args: [] };
    }
  }
  const packed = await import('@sparticuz/chromium').then(module => module.default, () => null);
  if (!packed) throw new Error('no browser: apt-get install chromium, or set $CHROMIUM, or npm install @sparticuz/chromium');
  return { executablePath: await packed.executablePath(), args: packed.args, headless: 'shell' };
}

async function launch() {
  const { args, ...found } = await browser();
  // A home of its own, or Debian's chromium writes to ~/.config.
  const home = mkdtempSync(join(tmpdir(), 'modeler-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return puppeteer.launch({
    ...found,
    args: [...args, '--no-sandbox', '--disable-gpu', '--disable-quic', '--host-resolver-rules=MAP * ~NOTFOUND'],
    defaultViewport: { width: 1400, height: 1000 },
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
    timeout: DEADLINE,
    handleSIGINT: false, // main() closes the browser
    handleSIGTERM: false,
    handleSIGHUP: false,
    pipe: true, // so the browser ends when this process does, however it ends
    userDataDir: join(home, 'profile')
  }).catch(error => {
    throw new Error(`${found.executablePath} does not start: ${error.message.split('\n')[0]}`);
  });
}

/** close() waits for the browser, not for the helper processes of its group. */
async function close(chromium) {
  const group = -chromium.process().pid;
  await chromium.close();
  const signal = name => {
    try {
      return process.kill(group, name);
    } catch {
      return false;
    }
  };
  for (const deadline = Date.now() + 2000; signal(0); ) {
    if (Date.now() > deadline) return signal('SIGKILL'); // and no more: where nobody reaps zombies the group stays
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** One modeler in one page; its methods do what a user would. */
class Modeler {
  constructor(page) {
    this.page = page;
    this.rig = new Proxy({}, {
      get: (_, name) => (...args) => page.evaluate((name, ...args) => window.rig[name](...args), name, ...args)
    });
    this.failures = [];
    page.on('pageerror', error => this.failures.push(error.message));
    page.on('console', message => message.type() === 'error' && this.failures.push(message.text()));
    page.on('request', request => /^(https?|wss?):/.test(request.url()) && this.failures.push(`asked the network for ${request.url()}`));
  }

  async until(what, probe) {
    for (const deadline = Date.now() + PATIENCE; ;) {
      const answer = await probe();
      if (answer) return answer;
      if (Date.now() > deadline) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  async select() {
    await this.rig.settled(); // the panel listens to the selection only from the frame after its rendering on
    const { x, y } = await this.rig.taskCentre();
    await this.page.mouse.click(x, y);
    await this.until('a click on the task shows it in the panel', () => this.rig.isShown());
  }

  async deselect() {
    await this.page.mouse.click(20, 20);
    await this.until('a click on the canvas deselects the task', () => this.rig.isEmpty());
  }

  async click(element) {
    // The middle of the panel, so that no sticky group header lies over it.
    await element.evaluate(node => node.scrollIntoView({ block: 'center' }));
    await element.click();
  }

  /** Leaves open: 'all' groups, or only the template's 'own'. */
  async open(which) {
    await this.until(`${which} groups are open`, async () => {
      const header = (await this.page.evaluateHandle(which => window.rig.togglesTo(which)[0], which)).asElement();
      if (header) await this.click(header);
      return !header;
    });
  }

  /** The field as it is now: { kind, feel, value } and handles to its input and FEEL toggle. */
  async field(name) {
    const handle = await this.page.evaluateHandle(name => window.rig.find(name), name);
    const found = await handle.evaluate(found => found?.input && { kind: found.kind, feel: found.feel, value: found.value });
    if (!found) return null;
    const part = async key => (await handle.getProperty(key)).asElement();
    return { ...found, input: await part('input'), toggle: await part('toggle') };
  }

  async fill(name, value) {
    let field = await this.until(`a field "${name}" is shown`, () => this.field(name));
    const feel = value.startsWith('=');
    if (value && field.feel && !feel && !field.toggle) throw new Error(`"${name}" takes FEEL only: its value must start with "="`);
    if (field.toggle && field.feel !== feel) {
      await this.click(field.toggle);
      field = await this.until(`FEEL is ${feel ? 'on' : 'off'} in "${name}"`, async () => {
        const now = await this.field(name);
        return now?.feel === feel && now;
      });
    }
    value = await this.type(field, value);
    await this.until(`"${name}" shows ${JSON.stringify(value)}`, async () => {
      const now = await this.field(name);
      return !now || now.value === value;
    });
    await this.page.evaluate(() => document.activeElement?.blur());
    return value;
  }

  async type({ input, kind, feel, value: old }, value) {
    const { keyboard } = this.page;
    if (kind === 'select') {
      const choice = await input.evaluate((node, value) => window.rig.option(node, value), value);
      await input.select(choice);
      return choice;
    }
    await this.click(input);
    if (kind === 'checkbox') {
      if (old === value) await this.click(input); // back to what it was
      return value;
    }
    await keyboard.down('Control');
    await keyboard.press('a');
    await keyboard.up('Control');
    const text = feel ? value.slice(1) : value;
    // In one piece: key by key, CodeMirror would add closing quotes and brackets, and a long text take seconds.
    if (text && (kind === 'editor' || text.length > 80)) await keyboard.sendCharacter(text);
    else if (text) await keyboard.type(text);
    else if (old) await keyboard.press('Backspace');
    return feel && !text ? '' : value;
  }
}

const shown = groups => groups.flatMap(group => group.entries).filter(entry => entry.binding).map(entry => entry.id);
const without = (some, others) => some.filter(item => !others.includes(item));

async function run(modeler, template, values, { script, style }) {
  const { page, rig } = modeler;
  await page.setContent('<!doctype html><html class="bio-theme-parent"><body><div id="canvas"></div><div id="panel"></div>');
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });

  const applied = await rig.open(diagram(), template);
  await modeler.select();
  await modeler.open('all');
  const before = await rig.panel();

  const steps = [];
  let now = before;
  for (const [field, text] of values) {
    const value = await modeler.fill(field, String(text));
    const then = shown(now);
    now = await rig.panel();
    steps.push({ field, value, appeared: without(shown(now), then), vanished: without(then, shown(now)) });
  }

  // A panel built anew shows what is in the model, not what was left in the inputs.
  await modeler.deselect();
  await modeler.select();
  await modeler.open('own');
  const after = await rig.panel();
  for (const [field, value] of new Map(steps.map(step => [step.field, step.value]))) {
    const kept = await modeler.field(field);
    if (kept && kept.value !== value) throw new Error(`"${field}" was set to ${JSON.stringify(value)}, but the model has ${JSON.stringify(kept.value)}`);
  }
  const broken = await rig.brokenImages();
  if (broken.length) throw new Error(`an icon cannot be shown: ${broken[0]}`);

  if (options.xml) await writeFile(options.xml, await rig.save());
  if (options.screenshot) {
    await page.setViewport(PICTURE);
    await rig.fit();
    await page.mouse.move(20, 20);
    await page.evaluate(() => document.querySelector('.bio-properties-panel-scroll-container').scrollTo(0, 0));
    await rig.panel(); // at rest
    await page.screenshot({ path: options.screenshot });
  }
  if (modeler.failures.length) throw new Error('the page failed');
  return { template: template.id, version: template.version, ...applied, before, steps, after };
}

async function main() {
  options = parse();
  if (options.help) return console.log(USAGE);
  if (!options.template) throw new Error('no --template given; see --help');
  const template = await json(options.template);
  check(template);
  const given = options.values ? await json(options.values) : {};
  const values = Array.isArray(given) ? given : Object.entries(given);

  const bundled = await bundle();
  const chromium = await launch();
  let timer, modeler;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done within ${DEADLINE / 1000} s`)), DEADLINE);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    });
    modeler = new Modeler(await chromium.newPage());
    const report = await Promise.race([run(modeler, template, values, bundled), late]);
    console.log(JSON.stringify({ browser: await chromium.version(), ...report }, null, 2));
  } catch (error) {
    throw new Error([error.message, ...modeler?.failures ?? []].join('; '));
  } finally {
    clearTimeout(timer);
    await close(chromium);
  }
}

main().catch(error => {
  console.error(`modeler: ${error.message}`);
  process.exitCode = 1;
});
