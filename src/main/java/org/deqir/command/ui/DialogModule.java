/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import java.util.List;
import java.util.Map;
import org.scijava.module.DefaultMutableModule;
import org.scijava.module.DefaultMutableModuleInfo;
import org.scijava.module.DefaultMutableModuleItem;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;

/**
 * What the dialog of a command shows: some of its inputs, in another order and with choices that
 * are known only now. Values, callbacks and the preview are those of the command itself.
 *
 * <p>A {@code DynamicCommand} could change its own inputs instead, but SciJava's {@code
 * CommandService} gives scripts no result of such a command.
 */
public final class DialogModule extends DefaultMutableModule {

    private final Module command;

    /**
     * @param command the command with its values
     * @param keys names of the inputs to show, in this order; those that are resolved are left out
     * @param choices choices of inputs that have others than they declare
     */
    public DialogModule(Module command, List<String> keys, Map<String, List<String>> choices) {
        this.command = command;
        final DefaultMutableModuleInfo info = (DefaultMutableModuleInfo) getInfo();
        info.setName(command.getInfo().getName());
        info.setLabel(command.getInfo().getTitle());
        for (final String key : keys)
            if (!command.isInputResolved(key))
                add(command.getInfo().getInput(key), choices.get(key));
    }

    @SuppressWarnings("unchecked")
    private <T> void add(ModuleItem<T> input, List<String> choices) {
        final DefaultMutableModuleItem<T> item = new DefaultMutableModuleItem<>(getInfo(), input);
        if (choices != null) item.setChoices((List<T>) choices);
        addInput(item);
    }

    @Override
    public Object getInput(String name) {
        return command.getInput(name);
    }

    @Override
    public void setInput(String name, Object value) {
        command.setInput(name, value);
    }

    /** The command itself, whose methods the callbacks are. */
    @Override
    public Object getDelegateObject() {
        return command.getDelegateObject();
    }

    @Override
    public void preview() {
        command.preview();
    }

    @Override
    public void cancel() {
        command.cancel();
    }
}
