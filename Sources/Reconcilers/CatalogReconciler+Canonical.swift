internal import Base
internal import Store

extension CatalogReconciler {
    /// Tells of a run over a canonical file; what it did is stored already, with what it changed.
    func tell(of run: CanonicalRun) {
        var fields: JSONObject = ["location": .string(run.location)]
        for (name, value) in run.json.objectValue ?? [:] { fields[name] = value }
        if run.error != nil {
            logger.warning("a canonical file is not applied; what it gave stays", fields)
        } else if run.isChange {
            logger.info("a canonical file was applied", fields)
        } else {
            logger.debug("a canonical file changes nothing", fields)
        }
    }
}
