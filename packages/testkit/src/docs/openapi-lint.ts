import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectralCore, { type RulesetDefinition } from '@stoplight/spectral-core';
import rulesets from '@stoplight/spectral-rulesets';

/** What spectral says first of a problem: it is an error. */
const SPECTRAL_ERROR = 0;

/** What two linters call an error in an OpenAPI document, by the rules that each of them recommends. */
export async function openApiErrors(document: object): Promise<string[]> {
  const source = JSON.stringify(document);
  const config = await createConfig({ extends: ['recommended'] });
  const redocly = await lintFromString({ source, config });
  const spectral = new spectralCore.Spectral();
  spectral.setRuleset({ extends: [rulesets.oas as RulesetDefinition] });
  const stoplight = await spectral.run(JSON.parse(source) as Record<string, unknown>);
  return [
    ...redocly
      .filter(({ severity }) => severity === 'error')
      .map(({ ruleId, message, location }) => `redocly ${ruleId} ${location[0]?.pointer ?? ''} ${message}`),
    ...stoplight
      .filter(({ severity }) => severity === SPECTRAL_ERROR)
      .map(({ code, message, path }) => `spectral ${code} #/${path.join('/')} ${message}`),
  ];
}
