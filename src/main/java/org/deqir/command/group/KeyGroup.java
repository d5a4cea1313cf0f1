/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a field of a command whose value declares keys that several commands share. Its {@code
 * Parameter} fields are keys of the command, in the place of the marked field.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface KeyGroup {

    /** What is called when a key of a group has changed: the command looks at its keys. */
    String CHANGED = "updateStatus";

    /**
     * {@return the choice with which the keys count, which their descriptions then say first; empty
     * if they always do}
     */
    String when() default "";

    /** {@return choices of the keys that the command does not have} */
    String[] without() default {};
}
