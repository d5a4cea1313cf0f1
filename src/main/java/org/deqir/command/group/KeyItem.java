/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.lang.reflect.Field;
import org.scijava.command.CommandModuleItem;
import org.scijava.module.ModuleInfo;

/**
 * An input of a command. Its value is never that of an earlier run, and the command looks at its
 * keys when one has changed, unless the key names another callback.
 */
class KeyItem<T> extends CommandModuleItem<T> {

    KeyItem(ModuleInfo command, Field key) {
        super(command, key);
    }

    @Override
    public boolean isPersisted() {
        return false;
    }

    @Override
    public String getCallback() {
        final String own = super.getCallback();
        return own == null || own.isEmpty() ? KeyGroup.CHANGED : own;
    }
}
