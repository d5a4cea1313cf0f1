/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import java.util.ArrayList;
import java.util.List;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;

/** The values of a command's inputs at some time, and which of them were resolved. */
public final class InputState {

    private record Input(String name, Object value, boolean resolved) {}

    private final Module module;
    private final List<Input> inputs = new ArrayList<>();

    /** Notes the inputs of a module and whether they are resolved. */
    public InputState(Module module) {
        this.module = module;
        for (final ModuleItem<?> item : Keys.andMessages(module.getInfo())) {
            final String name = item.getName();
            inputs.add(new Input(name, module.getInput(name), module.isInputResolved(name)));
        }
    }

    /** Gives the module the inputs that were noted. */
    public void restore() {
        for (final Input input : inputs) {
            module.setInput(input.name(), input.value());
            if (input.resolved()) module.resolveInput(input.name());
            else module.unresolveInput(input.name());
        }
    }
}
