// Runs in the browser: a Camunda 8 modeler, and the few questions modeler.mjs asks it (window.rig).
import BpmnModeler from 'bpmn-js/lib/Modeler.js';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule } from 'bpmn-js-properties-panel';
import { CloudElementTemplatesPropertiesProviderModule } from 'bpmn-js-element-templates';
import ElementTemplateIconRendererModule from '@bpmn-io/element-template-icon-renderer';
import ZeebeBehaviorsModule from 'camunda-bpmn-js-behaviors/lib/camunda-cloud';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import { EditorView } from '@codemirror/view';
import { forceLinting } from '@codemirror/lint';

const $ = (selector, node = document) => node.querySelector(selector);
const $$ = (selector, node = document) => [...node.querySelectorAll(selector)];
const text = node => node?.textContent.trim() ?? '';

let modeler, task;
const service = name => modeler.get(name);

async function open(xml, template) {
  modeler = new BpmnModeler({
    container: '#canvas',
    propertiesPanel: { parent: '#panel' },
    debounceInput: false, // what is typed is in the model at once
    moddleExtensions: { zeebe },
    additionalModules: [
      BpmnPropertiesPanelModule,
      BpmnPropertiesProviderModule,
      ZeebePropertiesProviderModule,
      ZeebeBehaviorsModule,
      CloudElementTemplatesPropertiesProviderModule,
      ElementTemplateIconRendererModule
    ]
  });
  const problems = [];
  modeler.on('elementTemplates.errors', ({ errors }) => problems.push(...errors));
  modeler.on('elementTemplates.warnings', ({ warnings }) => problems.push(...warnings));
  problems.push(...(await modeler.importXML(xml)).warnings);

  // No library does this: the host application tells the templates which engine the diagram is for.
  const templates = service('elementTemplates');
  templates.setEngines({ camunda: modeler.getDefinitions().get('modeler:executionPlatformVersion') });
  service('elementTemplatesLoader').setTemplates([template]);
  if (problems.length) throw new Error(`the modeler complains: ${problems.map(p => p.message ?? p).join('; ')}`);

  const loaded = templates.get(template.id, template.version);
  if (!loaded) throw new Error(`the modeler did not load template ${template.id}`);
  for (const [engine, { required, actual }] of Object.entries(templates.getIncompatibleEngines(loaded))) {
    throw new Error(`the template needs ${engine} ${required}, the diagram is for ${actual}`);
  }
  task = service('elementRegistry').get('task');
  if (!templates.getLatest(task).includes(loaded)) {
    throw new Error(`the modeler does not offer the template for a ${task.type} (appliesTo: ${template.appliesTo})`);
  }
  task = templates.applyTemplate(task, loaded);
  if (templates.get(task) !== loaded) throw new Error('the template was not applied');
  task.di.id = 'task_di'; // the replaced task's is random, and the same run is to give the same XML
  service('selection').select(null); // else the replaced task is selected, and a click on it deselects it
  fit();
  return { elementType: task.type, engines: templates.getEngines() };
}

function fit() {
  const canvas = service('canvas');
  canvas.resized();
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min(outer.width / (inner.width + 120), 2);
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({ x: inner.x + (inner.width - width) / 2, y: inner.y + (inner.height - height) / 2, width, height });
}

function centreOf(node) {
  const { left, top, width, height } = node.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}

const taskCentre = () => centreOf(service('elementRegistry').getGraphics(task));
const isShown = () => service('selection').isSelected(task) && !!$('[data-group-id="group-ElementTemplates__Template"]');
const isEmpty = () => !service('selection').get().length && !$('[data-group-id="group-ElementTemplates__Template"]');

// What the template knows of the entries shown now: DOM entry id -> property.
function properties() {
  const groups = service('elementTemplatesPropertiesProvider').getGroups(task)([]);
  return new Map(groups.flatMap(g => g.entries ?? []).filter(e => e.property).map(e => [e.id, e.property]));
}

const bindingName = ({ name, key, property, source }) => name ?? key ?? property ?? source;

function find(field) {
  const shown = [...properties()];
  let hits = shown.filter(([, p]) => p.id === field);
  if (!hits.length) hits = shown.filter(([, p]) => bindingName(p.binding) === field);
  if (!hits.length) hits = shown.filter(([id]) => id === field);
  if (hits.length > 1) throw new Error(`${hits.length} fields are bound to "${field}": give them ids`);
  const entry = $(`[data-entry-id="${CSS.escape(hits[0]?.[0] ?? field)}"]`, $('#panel'));
  return entry && { entry, ...control(entry) };
}

function control(entry) {
  const editor = $('.cm-content', entry);
  const input = editor ?? $('select, textarea, input', entry);
  const feel = !!$('.bio-properties-panel-feel-entry.feel-active', entry);
  const toggle = $('.bio-properties-panel-feel-icon.optional', entry);
  const kind = editor ? 'editor' : input?.type === 'checkbox' ? 'checkbox' : input?.localName === 'select' ? 'select' : 'text';
  return { input, kind, feel, toggle, value: input && value(input, kind, feel) };
}

function value(input, kind, feel) {
  if (kind === 'checkbox') return String(input.checked);
  if (kind !== 'editor') return input.value;
  const typed = EditorView.findFromDOM(input).state.doc.toString();
  return feel && typed ? `=${typed}` : typed;
}

// A select shows an optional property's "undefined" as the empty string.
function option(select, wanted) {
  const options = [...select.options];
  const hit = options.find(o => o.value === wanted) ?? options.find(o => text(o) === wanted);
  if (!hit) throw new Error(`no choice "${wanted}" among ${options.map(o => `"${o.value}"`).join(', ')}`);
  return hit.value;
}

// The panel renders in later frames: wait until its markup is the same three frames long.
async function settled() {
  $$('.cm-content').forEach(node => forceLinting(EditorView.findFromDOM(node))); // its own delay is 750 ms
  const deadline = performance.now() + 15_000;
  for (let last, same = 0; same < 3;) {
    if (performance.now() > deadline) throw new Error('the properties panel does not come to rest');
    await new Promise(requestAnimationFrame);
    const now = $('#panel').innerHTML;
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

async function panel() {
  await settled();
  const known = properties();
  return $$('#panel [data-group-id]').map(group => ({
    id: group.dataset.groupId.replace(/^group-/, ''),
    label: text($('.bio-properties-panel-group-header-title', group)),
    entries: $$('[data-entry-id]', group).filter(entry => control(entry).input).map(entry => {
      const property = known.get(entry.dataset.entryId);
      return {
        id: property ? property.id ?? bindingName(property.binding) : entry.dataset.entryId,
        label: text($('.bio-properties-panel-label', entry)),
        value: control(entry).value,
        error: text($('.bio-properties-panel-error', entry)) || null,
        ...(property && { binding: property.binding.type })
      };
    })
  }));
}

// Groups whose header must be clicked so that all (or only the template's own) groups are open.
function togglesTo(wanted) {
  return $$('#panel .bio-properties-panel-group').filter(group => {
    if (!$(':scope > .bio-properties-panel-group-entries', group)) return false;
    const open = $('.bio-properties-panel-group-header', group).classList.contains('open');
    const own = group.dataset.groupId.includes('ElementTemplates__CustomProperties');
    return open !== (wanted === 'all' || own);
  }).map(group => $('.bio-properties-panel-group-header-title', group));
}

function brokenImages() {
  const images = [...$$('#panel img'), ...$$('#canvas image')];
  return Promise.all(images.map(async node => {
    const image = new Image();
    image.src = node.src ?? node.href.baseVal;
    return image.decode().then(() => null, () => image.src.slice(0, 60));
  })).then(all => all.filter(Boolean));
}

const save = async () => (await modeler.saveXML({ format: true })).xml;

window.rig = { open, fit, taskCentre, isShown, isEmpty, find, option, settled, panel, togglesTo, brokenImages, save };
