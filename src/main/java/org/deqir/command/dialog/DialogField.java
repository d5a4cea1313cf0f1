/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import java.math.BigDecimal;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JTextField;
import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.util.Types;

/** One input in the form of a command, with the parts that show it. */
final class DialogField {

    private final ModuleItem<?> input;
    private final Module module;
    private final Supplier<Object> read;
    private final Consumer<Object> show;
    private final JComponent[] parts;

    /** The value that the field and the input both had last. */
    private Object agreed;

    /**
     * @param read gives the value in the field, or null if there is no valid one
     * @param show puts a value into the field
     * @param parts the field itself and what belongs to it; none if nobody can change it
     */
    DialogField(
            ModuleItem<?> input,
            Module module,
            Supplier<Object> read,
            Consumer<Object> show,
            JComponent... parts) {
        this.input = input;
        this.module = module;
        this.read = read;
        this.show = show;
        this.parts = parts.clone();
    }

    ModuleItem<?> input() {
        return input;
    }

    String name() {
        return input.getName();
    }

    /** The part that takes the value, null for a message. */
    JComponent editor() {
        return parts.length == 0 ? null : parts[0];
    }

    void setEnabled(boolean enabled) {
        for (final JComponent part : parts) part.setEnabled(enabled);
    }

    /** Whether it holds a value; what does not count need not. */
    boolean isValid() {
        return parts.length == 0
                || !parts[0].isEnabled()
                || !input.isRequired()
                || read.get() != null;
    }

    /** What is wrong with the value. */
    String problem(ConvertService convert) {
        final String text = parts[0] instanceof JTextField field ? field.getText().trim() : "";
        final Class<?> type = Types.box(input.getType());
        final Object min = input.getMinimumValue();
        final Object max = input.getMaximumValue();
        final String range =
                (min == null ? "" : ", at least " + plain((Number) min))
                        + (max == null ? "" : ", at most " + plain((Number) max));
        final boolean whole =
                Number.class.isAssignableFrom(type) && type != Double.class && type != Float.class;
        return name()
                + (text.isEmpty() ? " is missing: " : " = '" + text + "' is not accepted: ")
                + (Number.class.isAssignableFrom(type)
                        ? (whole ? "a whole number" : "a number") + range
                        : "a value")
                + " is expected.";
    }

    /** Gives the input what the user changed; whether there was such a change. */
    boolean toInput() {
        if (parts.length == 0) return false;
        final Object value = read.get();
        if (value == null && input.isRequired() || Objects.equals(value, agreed)) return false;
        agreed = value;
        module.setInput(name(), value);
        return true;
    }

    /** Shows what a callback changed. */
    void toField() {
        if (!Objects.equals(module.getInput(name()), agreed)) write();
    }

    /** Shows the value of the input. */
    void write() {
        agreed = module.getInput(name());
        if (agreed != null) show.accept(agreed);
    }

    void listen(Runnable changed) {
        if (parts[0] instanceof JTextField text)
            text.getDocument()
                    .addDocumentListener(
                            new DocumentListener() {
                                @Override
                                public void insertUpdate(DocumentEvent e) {
                                    changed.run();
                                }

                                @Override
                                public void removeUpdate(DocumentEvent e) {
                                    changed.run();
                                }

                                @Override
                                public void changedUpdate(DocumentEvent e) {
                                    changed.run();
                                }
                            });
        else if (parts[0] instanceof JComboBox<?> box) box.addActionListener(e -> changed.run());
        else if (parts[0] instanceof JCheckBox box) box.addActionListener(e -> changed.run());
    }

    /** A number without exponent and without zeros at its end. */
    static String plain(Number value) {
        final double number = value.doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) return String.valueOf(number);
        final BigDecimal decimal = new BigDecimal(String.valueOf(value)).stripTrailingZeros();
        return decimal.signum() == 0 ? "0" : decimal.toPlainString();
    }
}
