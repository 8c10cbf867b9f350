import { join } from 'node:path';
import type { Generator, Job, Run } from './generator.ts';
import { build } from './go-tools.ts';
import { installPython, runPython } from './python-client.ts';

const VERSION = '7.25.0';
const JAR = `openapi-generator-cli-${VERSION}.jar`;
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const EXEC = 'org.codehaus.mojo:exec-maven-plugin:3.5.1:java';
/** As quiet as Maven is when all is well. */
const MAVEN = ['-q', '-B', '-DskipTests', '-Dmaven.javadoc.skip', '-Dmaven.source.skip'];

/** OpenAPI Generator is a program of Java: Maven brings it. */
async function installJar(tools: string, run: Run): Promise<void> {
  const artifact = `org.openapitools:openapi-generator-cli:${VERSION}`;
  await run('mvn', ['-q', '-B', COPY, `-Dartifact=${artifact}`, `-DoutputDirectory=${tools}`]);
}

function generate(job: Job, language: string, to: string, properties: readonly string[] = []): Promise<string> {
  const told = properties.flatMap((one) => ['--additional-properties', one]);
  return job.run('java', [
    '-jar',
    join(job.tools, JAR),
    'generate',
    '-g',
    language,
    '-i',
    job.document,
    '-o',
    to,
    ...told,
  ]);
}

const base = { version: VERSION, install: installJar, told: '' };

export const openapiGeneratorJava: Generator = {
  ...base,
  name: 'openapi-generator-java',
  language: 'Java',
  needs: ['java', 'mvn'],
  async make(job) {
    await generate(job, 'java', '.');
    job.copy(`${job.service}.java`, 'src/main/java/Call.java');
    await job.run('mvn', [...MAVEN, 'compile']);
    return ['mvn', ...MAVEN, EXEC, '-Dexec.mainClass=Call'];
  },
};

export const openapiGeneratorKotlin: Generator = {
  ...base,
  name: 'openapi-generator-kotlin',
  language: 'Kotlin',
  needs: ['java', 'mvn'],
  told: '`serializationLibrary=gson`, and for chat `generateOneOfAnyOfWrappers=true`: with moshi a `oneOf` becomes an interface that nothing reads; with wrappers trade fails on an enum that is null',
  async make(job) {
    const wrappers = job.service === 'chat' ? ['generateOneOfAnyOfWrappers=true'] : [];
    await generate(job, 'kotlin', '.', ['serializationLibrary=gson', ...wrappers]);
    job.copy(`${job.service}.kt`, 'src/main/kotlin/Call.kt');
    job.copy('pom.xml', 'pom.xml');
    await job.run('mvn', [...MAVEN, 'compile']);
    return ['mvn', ...MAVEN, EXEC, '-Dexec.mainClass=CallKt'];
  },
};

export const openapiGeneratorGo: Generator = {
  ...base,
  name: 'openapi-generator-go',
  language: 'Go',
  needs: ['java', 'mvn', 'go'],
  told: '`useOneOfDiscriminatorLookup=true`: else it tries every alternative, and finds that several fit',
  async make(job) {
    await generate(job, 'go', 'api', ['packageName=api', 'withGoMod=false', 'useOneOfDiscriminatorLookup=true']);
    await job.run('rm', ['-rf', 'api/test']);
    return build(job);
  },
};

export const openapiGeneratorPython: Generator = {
  ...base,
  name: 'openapi-generator-python',
  language: 'Python',
  needs: ['java', 'mvn', 'python3'],
  async install(tools, run) {
    await installPython(
      ['pydantic==2.13.1', 'python-dateutil==2.9.0.post0', 'urllib3==2.7.0', 'typing-extensions==4.15.0'],
      tools,
      run,
    );
    await installJar(tools, run);
  },
  async make(job) {
    await generate(job, 'python', '.');
    return runPython(job);
  },
};
