import type { Generator } from './generator.ts';
import { oapiCodegen, ogen } from './go-tools.ts';
import {
  openapiGeneratorGo,
  openapiGeneratorJava,
  openapiGeneratorKotlin,
  openapiGeneratorPython,
} from './openapi-generator.ts';
import { openapiPythonClient } from './python-client.ts';
import { openapiTypescript, orval } from './typescript.ts';

export const GENERATORS: readonly Generator[] = [
  openapiTypescript,
  orval,
  openapiPythonClient,
  openapiGeneratorPython,
  oapiCodegen,
  ogen,
  openapiGeneratorGo,
  openapiGeneratorJava,
  openapiGeneratorKotlin,
];
