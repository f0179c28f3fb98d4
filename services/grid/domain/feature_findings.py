"""How a finding about one feature of a file is worded: file, number and code come first."""

from services.grid.domain.finding import Finding, Severity
from services.grid.domain.source_layer import SourceFeature, SourceLayer


def feature_finding(
    layer: SourceLayer,
    feature: SourceFeature,
    severity: Severity,
    kind: str,
    zh: str,
    en: str,
    *,
    lon: float | None = None,
    lat: float | None = None,
    area_m2: float | None = None,
) -> Finding:
    """Return a finding about *feature*; *zh* and *en* go on after "file, feature 12 (code): "."""
    code = feature.code
    return Finding(
        kind=kind,
        severity=severity,
        zh=f"{layer.file} 第 {feature.number} 个要素（{code or '无编码'}）：{zh}",
        en=f"{layer.file}, feature {feature.number} ({code or 'no code'}): {en}",
        level=layer.level,
        codes=(code,) if code else (),
        file=layer.file,
        feature=feature.number,
        lon=lon,
        lat=lat,
        area_m2=area_m2,
    )
