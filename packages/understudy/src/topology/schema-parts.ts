// Parts that several sections of the topology file share.
import { z } from 'zod';

export const port = z.int().min(1).max(65_535);
export const portText = { allowed: 'a whole number from 1 to 65535', remedy: 'choose a free port' } as const;
export const machineType = z.string().regex(/^g\d+-[a-z0-9-]+$/);
