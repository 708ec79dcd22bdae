//! Takes out of the page's WASM what no compiler can prove unreached: Leptos generates for every
//! view, beside the code that hydrates it, code that hydrates it piece by piece. Every view's table
//! of functions points there, so it stays in; but only `hydrate_lazy` ever calls it, and a page
//! that uses `hydrate_body` and `mount_to_body` alone carries a fifth of its size for nothing.

use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module};

use crate::say;

/// What the functions' names have in common.
pub const UNREACHED: &str = "hydrate_async";
/// The one caller from outside; where it is there, everything stays as it is.
const CALLER: &str = "hydrate_from_async";

/// Leaves a trap in place of each such function; wasm-opt then drops what only they needed.
pub fn leave_out_unreached(module: &mut Module) {
    if !named(module, CALLER).is_empty() {
        return;
    }
    let unreached = named(module, UNREACHED);
    for id in &unreached {
        replace_by_trap(module, *id);
    }
    if !unreached.is_empty() {
        say::note(&format!("left out {} functions that nothing calls", unreached.len()));
    }
}

fn named(module: &Module, part: &str) -> Vec<FunctionId> {
    let is_named = |name: &Option<String>| name.as_ref().is_some_and(|name| name.contains(part));
    module.funcs.iter_local().map(|(id, _)| id).filter(|id| is_named(&module.funcs.get(*id).name)).collect()
}

fn replace_by_trap(module: &mut Module, id: FunctionId) {
    let function = module.types.get(module.funcs.get(id).ty());
    let (parameters, results) = (function.params().to_vec(), function.results().to_vec());
    let mut trap = FunctionBuilder::new(&mut module.types, &parameters, &results);
    trap.func_body().unreachable();
    let arguments = parameters.into_iter().map(|kind| module.locals.add(kind)).collect();
    module.funcs.get_mut(id).kind = FunctionKind::Local(trap.local_func(arguments));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_function(module: &mut Module, name: &str) -> FunctionId {
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        builder.name(name.to_owned());
        builder.func_body().i32_const(1).drop();
        builder.finish(Vec::new(), &mut module.funcs)
    }

    fn instructions(module: &Module, id: FunctionId) -> u64 {
        module.funcs.get(id).kind.unwrap_local().size()
    }

    #[test]
    fn only_what_is_named_so_is_left_out() {
        let mut module = Module::default();
        let view = with_function(&mut module, "<View as RenderHtml>::hydrate_async::{{closure}}");
        let other = with_function(&mut module, "<View as RenderHtml>::hydrate");
        leave_out_unreached(&mut module);
        assert_eq!(instructions(&module, view), 1);
        assert_eq!(instructions(&module, other), 2);
    }

    #[test]
    fn with_its_caller_present_nothing_is_left_out() {
        let mut module = Module::default();
        let view = with_function(&mut module, "<View as RenderHtml>::hydrate_async::{{closure}}");
        with_function(&mut module, "leptos::mount::hydrate_from_async::{{closure}}");
        leave_out_unreached(&mut module);
        assert_eq!(instructions(&module, view), 2);
    }
}
