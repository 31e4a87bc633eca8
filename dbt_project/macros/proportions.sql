{# The standard normal's 97.5th percentile: intervals hold the true value in 95 of 100 cases. #}
{% macro normal_quantile() -%} 1.959963984540054e0 {%- endmacro %}

{#
    One bound of Wilson's interval for a proportion, as a double; `sign` is '-' or '+'. Whole numbers go in: the root is the
    first inexact step. Null without a denominator.
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
#}
{% macro wilson_bound(numerator, denominator, sign) -%}
    {%- set z = normal_quantile() -%}
    case when {{ denominator }} > 0 then
        (2 * {{ numerator }} + {{ z }} * {{ z }} {{ sign }} {{ z }} * sqrt({{ z }} * {{ z }}
            + 4 * cast({{ numerator }} * ({{ denominator }} - {{ numerator }}) as double) / {{ denominator }}))
        / (2 * ({{ denominator }} + {{ z }} * {{ z }}))
    end
{%- endmacro %}

{#
    One bound of Newcombe's hybrid score interval for p - q, as a decimal of six places; `sign` is '-' or '+'. `p`, `q` and the
    Wilson bounds of both are doubles.
    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven
    methods, Statistics in Medicine 17 (1998) 873-890, method 10.
#}
{% macro newcombe_bound(p, p_bound, q, q_bound, sign) -%}
    cast({{ p }} - {{ q }} {{ sign }} sqrt(
        ({{ p }} - {{ p_bound }}) * ({{ p }} - {{ p_bound }}) + ({{ q }} - {{ q_bound }}) * ({{ q }} - {{ q_bound }})
    ) as decimal(18, 6))
{%- endmacro %}
