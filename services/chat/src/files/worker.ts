import { parentPort, workerData } from 'node:worker_threads';
import { createFolderStore, createS3Store } from '@gongu/host';
import { inspect, type Uploaded } from './inspect/inspect.ts';
import { createScan } from './inspect/scan.ts';
import type { WorkerData } from './worker-data.ts';

// A bundle of its own: looks at files in a thread beside the service, so that their bytes never pass through its event loop.
const { place, scanUrl } = workerData as WorkerData;
const store = place.kind === 's3' ? await createS3Store({ place: place.s3 }) : createFolderStore(place);
const options = { store, scan: scanUrl === null ? null : createScan(scanUrl) };

parentPort!.on('message', async (upload: Uploaded) => {
  try {
    parentPort!.postMessage({ result: await inspect(options, upload) });
  } catch (error) {
    parentPort!.postMessage({ failure: error instanceof Error ? error.message : String(error) });
  }
});
