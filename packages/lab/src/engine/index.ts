// Search engines as Debian packages, and the package repository that machines of the lab install them from.
export { ensureEnginePackage, type EnginePackage, type EnginePackageOptions } from './ensure-engine-package.ts';
export { ensureRepository, type Repository, type RepositoryOptions } from './ensure-repository.ts';
export { EngineStock, type EngineRefusal, type EngineSupply } from './supply.ts';
export { engineNames, type EngineName } from './engine.ts';
