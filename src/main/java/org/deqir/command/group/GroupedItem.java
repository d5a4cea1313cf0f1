/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.group;

import java.lang.reflect.Field;
import java.lang.reflect.Type;
import java.util.List;
import org.scijava.module.ModuleInfo;
import org.scijava.util.ClassUtils;

/** A key that a {@link KeyGroup} of a command declares. */
public final class GroupedItem<T> extends KeyItem<T> {

    private final Field group;

    GroupedItem(ModuleInfo command, Field group, Field key) {
        super(command, key);
        this.group = group;
        group.setAccessible(true);
        key.setAccessible(true);
    }

    /** {@return the class of the command that has the group} */
    public Class<?> owner() {
        return group.getDeclaringClass();
    }

    /** The object that has the value. */
    Object holder(Object command) {
        return ClassUtils.getValue(group, command);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Class<T> getType() {
        return (Class<T>) getField().getType();
    }

    @Override
    public Type getGenericType() {
        return getField().getGenericType();
    }

    @Override
    @SuppressWarnings("unchecked")
    public T getDefaultValue() {
        try {
            final Object command =
                    getInfo().loadDelegateClass().getDeclaredConstructor().newInstance();
            return (T) ClassUtils.getValue(getField(), holder(command));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public List<T> getChoices() {
        final List<T> choices = super.getChoices();
        final List<String> without = List.of(group.getAnnotation(KeyGroup.class).without());
        if (choices == null || without.isEmpty()) return choices;
        return choices.stream().filter(choice -> !without.contains(choice)).toList();
    }

    /** A description that begins with a small letter names the choices with which it counts. */
    @Override
    public String getDescription() {
        final String own = super.getDescription();
        final String when = group.getAnnotation(KeyGroup.class).when();
        if (when.isEmpty()) return own;
        final boolean alone = Character.isUpperCase(own.charAt(0));
        return when
                + (alone ? ": " : ", ")
                + Character.toLowerCase(own.charAt(0))
                + own.substring(1);
    }
}
